#include "server/methods/sent_code/sent_code.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/str_format.h"
#include "common/status_macros.h"
#include "crypto/associated_data.h"
#include "crypto/constant_time.h"
#include "crypto/random_id.h"
#include "crypto/system_random.h"
#include "server/delivery/destination.h"
#include "server/errors.h"
#include "server/methods/challenge.h"
#include "server/methods/enroll_fields.h"
#include "server/methods/sealed.h"

namespace twofold {
namespace {

using internal::v1::ChallengeToken;
using internal::v1::Method;
using internal::v1::SentCodeSecret;
using internal::v1::SentCodeUse;

constexpr size_t kMessageIdBytes = 20;
constexpr absl::string_view kPrefixNotAllowed = "the number has no dial prefix to which this server sends";

// Six digits, uniformly drawn.
std::string NewCode(Random& random) {
  constexpr uint32_t kCodes = 1'000'000;
  // The largest multiple of kCodes in 32 bits. Numbers from there on would favour low codes.
  constexpr uint32_t kEnd = UINT32_MAX / kCodes * kCodes;
  uint32_t number = kEnd;
  while (number >= kEnd) {
    number = 0;
    for (const char byte : RandomBytes(random, sizeof number))
      number = number << 8 | static_cast<uint8_t>(byte);
  }
  return absl::StrFormat("%06d", number % kCodes);
}

class SentCodes : public Authenticator {
 public:
  SentCodes(v1::MethodType type, SentCodeSettings settings) : type_(type), settings_(std::move(settings)) {}

  v1::MethodType type() const override { return type_; }
  bool Takes(const Presented& presented) const override {
    return std::holds_alternative<SentCode>(presented);
  }
  bool restricted() const override { return true; }
  bool needs_challenge() const override { return settings_.is_on; }
  bool sends_codes() const override { return settings_.is_on; }

  absl::Status Enroll(const MethodContext& context, const v1::EnrollRequest& request,
                      Method& method) const override {
    TWOFOLD_RETURN_IF_ERROR(CheckNoOtpFields(request));
    return SetDestination(context, request, NewCode(context.random), method);
  }

  OrWork<absl::Status> ShowOnce(const MethodContext&, const Method& method, const v1::EnrollRequest&,
                                v1::EnrollResponse& response) const override {
    response.mutable_sent()->set_masked_destination(method.sent_code().masked_destination());
    return absl::OkStatus();
  }

  // Of several methods only the first one, which is the default, gets a code.
  absl::Status Challenge(const MethodContext& context, absl::Span<const Method* const> methods,
                         ChallengeToken& token, v1::StartChallengeResponse& response) const override {
    const Method& method = *methods.front();
    token.clear_method_ids();
    token.add_method_ids(method.method_id());
    token.set_value(NewCode(context.random));
    response.mutable_sent()->set_masked_destination(method.sent_code().masked_destination());
    return absl::OkStatus();
  }

  absl::StatusOr<OutgoingCode> Outgoing(const MethodContext& context, const Method& method,
                                        const ChallengeToken* token) const override {
    TWOFOLD_ASSIGN_OR_RETURN(const SentCodeSecret secret, Open(context, method));
    OutgoingCode outgoing;
    if (type_ == v1::METHOD_TYPE_SMS) {
      // The list may have become shorter since the method was enrolled.
      outgoing.dial_prefix = std::string(DialPrefixOf(secret.destination(), settings_.dial_prefixes));
      if (outgoing.dial_prefix.empty()) return MethodStateError(kPrefixNotAllowed);
    }
    Message& message = outgoing.message;
    message.id = RandomId(context.random, kMessageIdBytes);
    message.type = type_;
    message.destination = secret.destination();
    message.issuer = settings_.issuer;
    if (token == nullptr) {
      message.code = secret.code();
      message.expire_time = CodeExpiry(method);
      message.purpose = MessagePurpose::kEnrollment;
    } else {
      message.code = token->value();
      message.expire_time = token->expire_time();
      message.purpose = token->ceremony() == ChallengeToken::CEREMONY_PROOF ? MessagePurpose::kChange
                                                                            : MessagePurpose::kLogin;
    }
    outgoing.goes_to_caller = settings_.goes_to_caller;
    return outgoing;
  }

  absl::StatusOr<bool> SharesSecret(const MethodContext& context, const Method& method,
                                    const Method& other) const override {
    if (other.type() != type_) return false;
    TWOFOLD_ASSIGN_OR_RETURN(const SentCodeSecret one, Open(context, method));
    TWOFOLD_ASSIGN_OR_RETURN(const SentCodeSecret another, Open(context, other));
    return one.destination() == another.destination();
  }

  OrWork<CheckResult> Check(const MethodContext& context, const Method& method,
                            const Presented& presented) const override {
    CheckResult result;
    absl::StatusOr<SentCodeSecret> secret = Open(context, method);
    if (!secret.ok()) {
      result.outcome = CheckResult::Outcome::kUnreadable;
      result.unreadable = secret.status();
      return result;
    }
    const auto& sent = std::get<SentCode>(presented);
    const bool pending = method.state() == v1::METHOD_STATE_PENDING;
    const auto why =
        pending ? WhyNotConfirmable(context, method) : WhyUnanswerable(context, sent.challenge, method);
    if (why.has_value()) {
      result.outcome = *why;
      return result;
    }
    result.candidates = 1;
    const std::string& code = pending ? secret->code() : sent.challenge.value();
    if (!ConstantTimeEquals(code, sent.digits)) return result;
    result.outcome = CheckResult::Outcome::kAccepted;
    result.after = method;
    if (pending) {
      secret->clear_code();
      Seal(context, *secret, result.after);
    } else {
      ResealIfOld(context, *this, SecretBytes::FromString(secret->SerializeAsString()), result.after);
    }
    return result;
  }

  Method NewDecoy(const MethodContext& context) const override {
    Method method;
    method.set_method_id("decoy");
    method.set_type(type_);
    method.mutable_sent_code();
    Seal(context, SentCodeSecret(), method);
    return method;
  }

  void Describe(const Method& method, v1::Method& shown) const override {
    shown.mutable_sent_code()->set_masked_destination(method.sent_code().masked_destination());
  }

  bool IsPortable(const v1::PortableMethod& portable) const override {
    return type_ == v1::METHOD_TYPE_SMS ? portable.has_phone_number() : portable.has_email();
  }

  absl::Status Import(const MethodContext& context, const v1::PortableMethod& portable,
                      Method& method) const override {
    v1::EnrollRequest request;
    if (portable.has_phone_number()) request.set_phone_number(portable.phone_number());
    if (portable.has_email()) request.set_email(portable.email());
    method.set_type(type_);
    return SetDestination(context, request, "", method);
  }

  absl::Status Export(const MethodContext& context, const Method& method,
                      v1::PortableMethod& portable) const override {
    TWOFOLD_ASSIGN_OR_RETURN(const SentCodeSecret secret, Open(context, method));
    if (type_ == v1::METHOD_TYPE_SMS) {
      portable.set_phone_number(secret.destination());
    } else {
      portable.set_email(secret.destination());
    }
    return absl::OkStatus();
  }

  std::string FixedParameters(const Method& method) const override {
    return LengthPrefixed({method.sent_code().masked_destination(), method.sent_code().dial_prefix()});
  }

 private:
  absl::Status SetDestination(const MethodContext& context, const v1::EnrollRequest& request,
                              const std::string& code, Method& method) const {
    if (!settings_.is_on) return InvalidRequestError("type", "is not switched on at this server");
    SentCodeSecret secret;
    SentCodeUse& use = *method.mutable_sent_code();
    TWOFOLD_ASSIGN_OR_RETURN(*secret.mutable_destination(), ReadDestination(request, use));
    use.set_masked_destination(MaskDestination(type_, secret.destination()));
    secret.set_code(code);
    Seal(context, secret, method);
    return absl::OkStatus();
  }

  // The destination that the request names, in the form in which it is kept.
  absl::StatusOr<std::string> ReadDestination(const v1::EnrollRequest& request, SentCodeUse& use) const {
    if (type_ == v1::METHOD_TYPE_EMAIL) {
      TWOFOLD_RETURN_IF_ERROR(CheckNoPhoneNumber(request));
      const absl::Status good = CheckEmailAddress(request.email());
      if (!good.ok()) return InvalidRequestError("email", good.message());
      return request.email();
    }
    TWOFOLD_RETURN_IF_ERROR(CheckNoEmail(request));
    const absl::Status good = CheckPhoneNumber(request.phone_number());
    if (!good.ok()) return InvalidRequestError("phone_number", good.message());
    use.set_dial_prefix(std::string(DialPrefixOf(request.phone_number(), settings_.dial_prefixes)));
    if (use.dial_prefix().empty()) {
      return InvalidRequestError("phone_number", kPrefixNotAllowed);
    }
    return request.phone_number();
  }

  // A pending method may live longer than a code may (NIST SP 800-63B-4 section 3.1.3.2).
  static UnixMillis CodeExpiry(const Method& method) {
    return std::min(method.expire_time(), method.create_time() + kSentCodeLifetime);
  }

  static std::optional<CheckResult::Outcome> WhyNotConfirmable(const MethodContext& context,
                                                               const Method& method) {
    if (CodeExpiry(method) > context.now) return std::nullopt;
    return CheckResult::Outcome::kNoChallenge;
  }

  void Seal(const MethodContext& context, const SentCodeSecret& secret, Method& method) const {
    SealSecret(context, *this, SecretBytes::FromString(secret.SerializeAsString()), method);
  }

  absl::StatusOr<SentCodeSecret> Open(const MethodContext& context, const Method& method) const {
    TWOFOLD_ASSIGN_OR_RETURN(const SecretBytes opened, OpenSecret(context, *this, method));
    SentCodeSecret secret;
    if (!secret.ParseFromArray(opened.bytes().data(), static_cast<int>(opened.size()))) {
      return RecordCorruptError();
    }
    return secret;
  }

  const v1::MethodType type_;
  const SentCodeSettings settings_;
};

}  // namespace

std::unique_ptr<const Authenticator> NewSmsCodes(SentCodeSettings settings) {
  return std::make_unique<SentCodes>(v1::METHOD_TYPE_SMS, std::move(settings));
}

std::unique_ptr<const Authenticator> NewEmailCodes(SentCodeSettings settings) {
  return std::make_unique<SentCodes>(v1::METHOD_TYPE_EMAIL, std::move(settings));
}

}  // namespace twofold
