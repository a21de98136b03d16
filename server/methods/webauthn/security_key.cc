#include "server/methods/webauthn/security_key.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "crypto/associated_data.h"
#include "crypto/system_random.h"
#include "crypto/webauthn/cose_key.h"
#include "server/errors.h"
#include "server/methods/challenge.h"
#include "server/methods/display_text.h"
#include "server/methods/enroll_fields.h"
#include "server/methods/sealed.h"
#include "server/methods/webauthn/ceremony_checks.h"
#include "server/methods/webauthn/options_json.h"

namespace twofold {
namespace {

using internal::v1::ChallengeToken;
using internal::v1::Method;
using internal::v1::SecurityKeySecret;
using internal::v1::SecurityKeyUse;

constexpr size_t kChallengeSize = 32;
constexpr size_t kUserHandleSize = 32;
constexpr size_t kMaxAccountNameSize = 255;
// WebAuthn Level 3 section 5.4.3 gives handles of other systems this bound.
constexpr size_t kMaxUserHandleSize = 64;
constexpr size_t kAaguidSize = 16;
constexpr int kMaxTransports = 16;
constexpr size_t kMaxTransportSize = 32;

CheckResult Rejected(CheckResult::Outcome outcome) {
  CheckResult result;
  result.outcome = outcome;
  return result;
}

CheckResult Unreadable(absl::Status why) {
  CheckResult result;
  result.outcome = CheckResult::Outcome::kUnreadable;
  result.unreadable = std::move(why);
  return result;
}

constexpr absl::string_view kGoodKey = "good";

// A key of RSA takes tens of milliseconds.
Work JudgeKey(std::string name, std::string public_key) {
  return Work{Work::Pool::kHashes, std::move(name), [public_key = std::move(public_key)] {
                return CheckNewCoseKey(public_key).ok() ? std::string(kGoodKey) : std::string();
              }};
}

class SecurityKey final : public Authenticator {
 public:
  explicit SecurityKey(RelyingParty party) : party_(std::move(party)) {}

  v1::MethodType type() const override { return v1::METHOD_TYPE_SECURITY_KEY; }

  bool Takes(const Presented& presented) const override {
    return std::holds_alternative<Registration>(presented) || std::holds_alternative<Assertion>(presented);
  }

  bool needs_challenge() const override { return IsOn(); }

  absl::Status Enroll(const MethodContext& context, const v1::EnrollRequest& request,
                      Method& method) const override {
    if (!IsOn()) return InvalidRequestError("type", "is not switched on at this server");
    TWOFOLD_RETURN_IF_ERROR(CheckNoOtpFields(request));
    TWOFOLD_RETURN_IF_ERROR(CheckNoDestination(request));
    TWOFOLD_RETURN_IF_ERROR(CheckDisplayText("account_name", request.account_name(), kMaxAccountNameSize));
    SecurityKeyUse& use = *method.mutable_security_key();
    use.set_rp_id(party_.id);
    use.set_user_handle(RandomBytes(context.random, kUserHandleSize));
    SecurityKeySecret secret;
    secret.set_challenge(RandomBytes(context.random, kChallengeSize));
    Seal(context, secret, method);
    return absl::OkStatus();
  }

  void Join(const MethodContext& context, Method& method) const override {
    for (const Method& other : context.record->methods()) {
      if (!other.has_security_key()) continue;
      method.mutable_security_key()->set_user_handle(other.security_key().user_handle());
      return;
    }
  }

  OrWork<absl::Status> ShowOnce(const MethodContext& context, const Method& method,
                                const v1::EnrollRequest& request,
                                v1::EnrollResponse& response) const override {
    const absl::StatusOr<SecurityKeySecret> secret = Open(context, method);
    if (!secret.ok()) return secret.status();
    CreationOptions options;
    options.challenge = secret->challenge();
    options.user_handle = method.security_key().user_handle();
    options.account_name = request.account_name().empty() ? request.user_id() : request.account_name();
    for (const Method& other : context.record->methods()) {
      if (!other.has_security_key() || other.state() == v1::METHOD_STATE_PENDING) continue;
      const absl::StatusOr<SecurityKeySecret> known = Open(context, other);
      // The browser may register the key again where the record of it is damaged. Nothing else suffers.
      if (known.ok()) options.excluded.push_back(Known(*known, other));
    }
    response.set_webauthn_creation_options_json(CreationOptionsJson(party_, options));
    return absl::OkStatus();
  }

  absl::Status Challenge(const MethodContext& context, absl::Span<const Method* const> methods,
                         ChallengeToken& token, v1::StartChallengeResponse& response) const override {
    token.set_value(RandomBytes(context.random, kChallengeSize));
    std::vector<KnownKey> allowed;
    for (const Method* method : methods) {
      TWOFOLD_ASSIGN_OR_RETURN(const SecurityKeySecret secret, Open(context, *method));
      allowed.push_back(Known(secret, *method));
    }
    response.set_webauthn_request_options_json(RequestOptionsJson(party_, token.value(), allowed));
    return absl::OkStatus();
  }

  absl::StatusOr<bool> SharesSecret(const MethodContext& context, const Method& method,
                                    const Method& other) const override {
    if (!other.has_security_key()) return false;
    TWOFOLD_ASSIGN_OR_RETURN(const SecurityKeySecret one, Open(context, method));
    TWOFOLD_ASSIGN_OR_RETURN(const SecurityKeySecret another, Open(context, other));
    return !one.credential_id().empty() && one.credential_id() == another.credential_id();
  }

  OrWork<CheckResult> Check(const MethodContext& context, const Method& method,
                            const Presented& presented) const override {
    const absl::StatusOr<SecurityKeySecret> secret = Open(context, method);
    if (!secret.ok()) return Unreadable(secret.status());
    if (const auto* const registration = std::get_if<Registration>(&presented)) {
      return CheckPending(context, method, *secret, registration->credential);
    }
    return CheckActive(context, method, *secret, std::get<Assertion>(presented));
  }

  Method NewDecoy(const MethodContext& context) const override {
    Method method;
    method.set_method_id("decoy");
    method.set_type(type());
    method.mutable_security_key()->set_rp_id(party_.id);
    SecurityKeySecret secret;
    secret.set_credential_id(RandomBytes(context.random, kChallengeSize));
    Seal(context, secret, method);
    return method;
  }

  void Describe(const Method& method, v1::Method& shown) const override {
    const SecurityKeyUse& use = method.security_key();
    v1::SecurityKeyParameters& key = *shown.mutable_security_key();
    key.set_rp_id(use.rp_id());
    key.set_backup_eligible(use.backup_eligible());
    key.set_backed_up(use.backed_up());
    *key.mutable_transports() = use.transports();
  }

  void DescribeLogin(const Method& method, v1::VerifyResponse& response) const override {
    response.set_user_verified(method.security_key().user_verified());
    response.set_backed_up(method.security_key().backed_up());
  }

  bool IsPortable(const v1::PortableMethod& portable) const override { return portable.has_security_key(); }

  absl::Status Import(const MethodContext& context, const v1::PortableMethod& portable,
                      Method& method) const override {
    const v1::PortableSecurityKey& key = portable.security_key();
    TWOFOLD_RETURN_IF_ERROR(CheckPortable(key));
    method.set_type(type());
    SecurityKeyUse& use = *method.mutable_security_key();
    use.set_rp_id(key.rp_id());
    use.set_user_handle(key.user_handle());
    *use.mutable_transports() = key.transports();
    use.set_backup_eligible(key.backup_eligible());
    use.set_backed_up(key.backed_up());
    use.set_sign_count(key.sign_count());
    SecurityKeySecret secret;
    secret.set_credential_id(key.credential_id());
    secret.set_public_key(key.public_key());
    secret.set_aaguid(key.aaguid());
    Seal(context, secret, method);
    return absl::OkStatus();
  }

  OrWork<absl::Status> CheckImported(const MethodContext& context, const Method& method) const override {
    const absl::StatusOr<SecurityKeySecret> secret = Open(context, method);
    if (!secret.ok()) return secret.status();
    const std::string work = absl::StrCat("public key ", secret->public_key());
    const std::string* const judged = context.done.Find(work);
    if (judged == nullptr) return JudgeKey(work, secret->public_key());
    if (*judged == kGoodKey) return absl::OkStatus();
    return InvalidRequestError("security_key.public_key", "is no key that this server takes");
  }

  absl::Status Export(const MethodContext& context, const Method& method,
                      v1::PortableMethod& portable) const override {
    TWOFOLD_ASSIGN_OR_RETURN(const SecurityKeySecret secret, Open(context, method));
    const SecurityKeyUse& use = method.security_key();
    v1::PortableSecurityKey& key = *portable.mutable_security_key();
    key.set_rp_id(use.rp_id());
    key.set_credential_id(secret.credential_id());
    key.set_public_key(secret.public_key());
    key.set_user_handle(use.user_handle());
    key.set_sign_count(use.sign_count());
    key.set_backup_eligible(use.backup_eligible());
    key.set_backed_up(use.backed_up());
    *key.mutable_transports() = use.transports();
    key.set_aaguid(secret.aaguid());
    return absl::OkStatus();
  }

  std::string FixedParameters(const Method& method) const override {
    const SecurityKeyUse& use = method.security_key();
    return LengthPrefixed({use.rp_id(), use.backup_eligible() ? "1" : "0"});
  }

 private:
  // Without an id the server has no page on which a key could be used.
  bool IsOn() const { return !party_.id.empty(); }

  absl::Status CheckPortable(const v1::PortableSecurityKey& key) const {
    const auto refuse = [](absl::string_view field, absl::string_view why) {
      return InvalidRequestError(absl::StrCat("security_key.", field), why);
    };
    if (!IsOn() || key.rp_id() != party_.id)
      return refuse("rp_id", "is not the relying party of this server");
    if (key.credential_id().empty() || key.credential_id().size() > kMaxCredentialIdSize) {
      return refuse("credential_id", absl::StrCat("must hold 1 to ", kMaxCredentialIdSize, " bytes"));
    }
    if (key.user_handle().empty() || key.user_handle().size() > kMaxUserHandleSize) {
      return refuse("user_handle", absl::StrCat("must hold 1 to ", kMaxUserHandleSize, " bytes"));
    }
    if (key.backed_up() && !key.backup_eligible()) return refuse("backed_up", "needs backup_eligible");
    if (!key.aaguid().empty() && key.aaguid().size() != kAaguidSize) {
      return refuse("aaguid", absl::StrCat("must hold ", kAaguidSize, " bytes"));
    }
    if (key.transports_size() > kMaxTransports) return refuse("transports", "has too many names");
    for (const std::string& transport : key.transports()) {
      TWOFOLD_RETURN_IF_ERROR(CheckDisplayText("security_key.transports", transport, kMaxTransportSize));
    }
    return absl::OkStatus();
  }

  void Seal(const MethodContext& context, const SecurityKeySecret& secret, Method& method) const {
    SealSecret(context, *this, SecretBytes::FromString(secret.SerializeAsString()), method);
  }

  absl::StatusOr<SecurityKeySecret> Open(const MethodContext& context, const Method& method) const {
    TWOFOLD_ASSIGN_OR_RETURN(const SecretBytes opened, OpenSecret(context, *this, method));
    SecurityKeySecret secret;
    if (!secret.ParseFromArray(opened.bytes().data(), static_cast<int>(opened.size()))) {
      return RecordCorruptError();
    }
    return secret;
  }

  static KnownKey Known(const SecurityKeySecret& secret, const Method& method) {
    const auto& transports = method.security_key().transports();
    return KnownKey{secret.credential_id(), {transports.begin(), transports.end()}};
  }

  OrWork<CheckResult> CheckPending(const MethodContext& context, const Method& method,
                                   const SecurityKeySecret& secret,
                                   const RegistrationCredential& credential) const {
    // An active key has no challenge, so nothing can register it again.
    const std::optional<RegisteredKey> key = CheckRegistration(party_, secret.challenge(), credential);
    CheckResult result;
    result.candidates = 1;
    if (!key.has_value()) return result;
    const std::string work = absl::StrCat("public key ", key->secret.public_key());
    const std::string* const judged = context.done.Find(work);
    if (judged == nullptr) return JudgeKey(work, key->secret.public_key());
    if (*judged != kGoodKey) return result;
    result.outcome = CheckResult::Outcome::kAccepted;
    result.after = method;
    SecurityKeyUse& use = *result.after.mutable_security_key();
    use.set_sign_count(key->sign_count);
    use.set_backup_eligible(key->backup_eligible);
    use.set_backed_up(key->backed_up);
    use.set_user_verified(key->user_verified);
    for (const std::string& transport : credential.transports) use.add_transports(transport);
    Seal(context, key->secret, result.after);
    return result;
  }

  CheckResult CheckActive(const MethodContext& context, const Method& method, const SecurityKeySecret& secret,
                          const Assertion& assertion) const {
    if (const auto why = WhyUnanswerable(context, assertion.challenge, method)) return Rejected(*why);
    CheckResult result;
    result.candidates = 1;
    const SecurityKeyUse& use = method.security_key();
    const std::optional<AuthenticatorData> data =
        CheckAssertion(party_, assertion.challenge.value(), secret, use, assertion.credential);
    if (!data.has_value()) return result;
    if (!CounterWentOn(use.sign_count(), data->sign_count)) {
      result.outcome = CheckResult::Outcome::kCloneSuspected;
      return result;
    }
    result.outcome = CheckResult::Outcome::kAccepted;
    result.after = method;
    SecurityKeyUse& after = *result.after.mutable_security_key();
    after.set_sign_count(data->sign_count);
    after.set_backed_up(data->backed_up);
    after.set_user_verified(data->user_verified);
    ResealIfOld(context, *this, SecretBytes::FromString(secret.SerializeAsString()), result.after);
    return result;
  }

  const RelyingParty party_;
};

}  // namespace

std::unique_ptr<const Authenticator> NewSecurityKey(RelyingParty party) {
  return std::make_unique<SecurityKey>(std::move(party));
}

}  // namespace twofold
