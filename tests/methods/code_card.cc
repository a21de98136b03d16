#include "tests/methods/code_card.h"

#include "crypto/base32.h"
#include "crypto/bytes.h"
#include "crypto/otp.h"
#include "server/errors.h"
#include "server/methods/sealed.h"

namespace twofold {
namespace {

using internal::v1::Method;
using Outcome = CheckResult::Outcome;

constexpr size_t kSeedSize = 20;
constexpr char kFresh = '.';
constexpr char kUsed = 'x';
// The code that was accepted last.
constexpr char kLast = 'l';

// What is sealed: the seed, and one character for each code.
std::string NewState(Random& random) {
  SecretBytes seed = SecretBytes::Zeros(kSeedSize);
  random.Fill(seed.mutable_bytes());
  return std::string(seed.text()) + std::string(kCardCodes, kFresh);
}

class CodeCard final : public Authenticator {
 public:
  v1::MethodType type() const override { return kCodeCardType; }

  bool Takes(const Presented& presented) const override { return std::holds_alternative<OtpCode>(presented); }

  absl::Status Enroll(const MethodContext& context, const v1::EnrollRequest& request,
                      Method& method) const override {
    if (request.digits() != 0) return InvalidRequestError("digits", "has no meaning for a code card");
    SealSecret(context, *this, SecretBytes::FromString(NewState(context.random)), method);
    return absl::OkStatus();
  }

  OrWork<absl::Status> ShowOnce(const MethodContext& context, const Method& method,
                                const v1::EnrollRequest& request,
                                v1::EnrollResponse& response) const override {
    if (request.description() == kUnprintable) return absl::InternalError("the card cannot be printed");
    const absl::StatusOr<SecretBytes> state = OpenSecret(context, *this, method);
    if (!state.ok()) return state.status();
    response.set_secret_base32(Base32Encode(state->bytes().subspan(0, kSeedSize)));
    return absl::OkStatus();
  }

  absl::StatusOr<bool> SharesSecret(const MethodContext&, const Method&, const Method&) const override {
    return false;
  }

  OrWork<CheckResult> Check(const MethodContext& context, const Method& method,
                            const Presented& presented) const override {
    CheckResult result;
    const absl::StatusOr<SecretBytes> opened = OpenSecret(context, *this, method);
    if (!opened.ok()) {
      result.outcome = Outcome::kUnreadable;
      result.unreadable = opened.status();
      return result;
    }
    std::string state(opened->text());
    result.candidates = kCardCodes;
    const auto place = FindOtp(opened->bytes().subspan(0, kSeedSize), OtpParameters(HashAlgorithm::kSha1, 6),
                               0, kCardCodes, std::get<OtpCode>(presented).digits);
    if (!place.has_value()) return result;
    char& mark = state[kSeedSize + static_cast<size_t>(*place)];
    if (mark != kFresh) {
      result.outcome = mark == kLast ? Outcome::kReplayed : Outcome::kOutdated;
      return result;
    }
    for (size_t i = kSeedSize; i < state.size(); ++i) {
      if (state[i] == kLast) state[i] = kUsed;
    }
    mark = kLast;
    result.outcome = Outcome::kAccepted;
    result.after = method;
    SealSecret(context, *this, SecretBytes::FromString(state), result.after);
    return result;
  }

  Method NewDecoy(const MethodContext& context) const override {
    Method method;
    method.set_method_id("decoy");
    method.set_type(type());
    SealSecret(context, *this, SecretBytes::FromString(NewState(context.random)), method);
    return method;
  }

  void Describe(const Method&, v1::Method&) const override {}
};

}  // namespace

std::unique_ptr<const Authenticator> NewCodeCard() { return std::make_unique<CodeCard>(); }

std::string CardCode(absl::string_view seed, int place) {
  return ComputeOtp(AsBytes(seed), OtpParameters(HashAlgorithm::kSha1, 6), place);
}

}  // namespace twofold
