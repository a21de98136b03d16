#include "server/methods/otp/enrollment.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "crypto/base32.h"
#include "crypto/otp.h"
#include "server/errors.h"
#include "server/methods/display_text.h"
#include "server/methods/enroll_fields.h"
#include "server/methods/otp/totp.h"

namespace twofold {
namespace {

size_t FreshSecretSize(HashAlgorithm algorithm) {
  switch (algorithm) {
    case HashAlgorithm::kSha256:
      return 32;
    case HashAlgorithm::kSha512:
      return 64;
    case HashAlgorithm::kSha1:
      break;
  }
  return 20;
}

// Parameters that the request names one by one.
absl::Status PlanParameters(const v1::EnrollRequest& request, OtpauthUri& otp) {
  if (!v1::Algorithm_IsValid(request.algorithm())) return InvalidRequestError("algorithm", "is unknown");
  if (request.digits() != 0 && (request.digits() < kMinOtpDigits || request.digits() > kMaxOtpDigits)) {
    return InvalidRequestError("digits", "must be 6, 7 or 8");
  }
  otp.type = request.type() == v1::METHOD_TYPE_HOTP ? OtpType::kHotp : OtpType::kTotp;
  otp.algorithm = HashAlgorithmOf(request.algorithm());
  if (request.digits() != 0) otp.digits = request.digits();
  if (request.period_seconds() == 0) return absl::OkStatus();
  if (otp.type == OtpType::kHotp)
    return InvalidRequestError("period_seconds", "has no meaning for METHOD_TYPE_HOTP");
  if (request.period_seconds() < kMinPeriodSeconds || request.period_seconds() > kMaxPeriodSeconds) {
    return InvalidRequestError("period_seconds",
                               absl::StrCat("must be ", kMinPeriodSeconds, " to ", kMaxPeriodSeconds));
  }
  otp.period_seconds = request.period_seconds();
  return absl::OkStatus();
}

absl::Status ImportUri(const v1::EnrollRequest& request, OtpauthUri& otp) {
  const bool says_it_twice = request.type() != v1::METHOD_TYPE_UNSPECIFIED ||
                             request.algorithm() != v1::ALGORITHM_UNSPECIFIED || request.digits() != 0 ||
                             request.period_seconds() != 0;
  if (says_it_twice) {
    return InvalidRequestError("otpauth_uri",
                               "sets type, algorithm, digits and period_seconds: leave them unset");
  }
  absl::StatusOr<OtpauthUri> imported = ParseOtpauthUri(request.otpauth_uri());
  if (!imported.ok()) return InvalidRequestError("otpauth_uri", imported.status().message());
  otp = *std::move(imported);
  return absl::OkStatus();
}

absl::Status ImportSecret(const v1::EnrollRequest& request, OtpauthUri& otp) {
  absl::StatusOr<SecretBytes> secret = Base32Decode(request.secret_base32());
  if (!secret.ok()) return InvalidRequestError("secret_base32", secret.status().message());
  if (secret->size() < kMinSecretSize || secret->size() > kMaxSecretSize) {
    return InvalidRequestError("secret_base32",
                               absl::StrCat("must hold ", kMinSecretSize, " to ", kMaxSecretSize, " bytes"));
  }
  otp.secret = *std::move(secret);
  return absl::OkStatus();
}

SecretBytes FreshSecret(HashAlgorithm algorithm, Random& random) {
  SecretBytes secret = SecretBytes::Zeros(FreshSecretSize(algorithm));
  random.Fill(secret.mutable_bytes());
  return secret;
}

// The names that the app shows.
absl::Status PlanLabel(const std::string& default_issuer, const v1::EnrollRequest& request, OtpauthUri& otp) {
  TWOFOLD_RETURN_IF_ERROR(CheckDisplayText("issuer", request.issuer(), kMaxIssuerSize));
  if (absl::StrContains(request.issuer(), ':')) return InvalidRequestError("issuer", "contains a colon");
  TWOFOLD_RETURN_IF_ERROR(CheckDisplayText("account_name", request.account_name(), kMaxAccountNameSize));
  if (!request.issuer().empty()) otp.issuer = request.issuer();
  if (!request.account_name().empty()) otp.account_name = request.account_name();
  if (otp.issuer.empty()) otp.issuer = default_issuer;
  if (otp.account_name.empty()) otp.account_name = request.user_id();
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<OtpauthUri> PlanOtp(const std::string& default_issuer, const v1::EnrollRequest& request,
                                   Random& random) {
  TWOFOLD_RETURN_IF_ERROR(CheckNoDestination(request));
  if (!v1::QrFormat_IsValid(request.qr_format())) return InvalidRequestError("qr_format", "is unknown");
  OtpauthUri otp;
  const bool from_uri = request.import_case() == v1::EnrollRequest::kOtpauthUri;
  TWOFOLD_RETURN_IF_ERROR(from_uri ? ImportUri(request, otp) : PlanParameters(request, otp));
  if (request.import_case() == v1::EnrollRequest::kSecretBase32) {
    TWOFOLD_RETURN_IF_ERROR(ImportSecret(request, otp));
  } else if (!from_uri) {
    otp.secret = FreshSecret(otp.algorithm, random);
  }
  TWOFOLD_RETURN_IF_ERROR(PlanLabel(default_issuer, request, otp));
  return otp;
}

absl::StatusOr<OtpauthUri> PlanPortableOtp(const std::string& default_issuer,
                                           const v1::PortableMethod& portable) {
  absl::StatusOr<OtpauthUri> otp = ParseOtpauthUri(portable.otpauth_uri());
  if (!otp.ok()) return InvalidRequestError("otpauth_uri", otp.status().message());
  if (otp->issuer.empty()) otp->issuer = default_issuer;
  if (otp->account_name.empty()) otp->account_name = portable.user_id();
  const bool is_hotp = otp->type == OtpType::kHotp;
  if (portable.next_time_step() < 0 || (is_hotp && portable.next_time_step() != 0)) {
    return InvalidRequestError("next_time_step", is_hotp ? "has no meaning for HOTP" : "is negative");
  }
  if (portable.clock_offset_steps() < -kTotpResyncSteps || portable.clock_offset_steps() > kTotpResyncSteps ||
      (is_hotp && portable.clock_offset_steps() != 0)) {
    return InvalidRequestError("clock_offset_steps", is_hotp ? "has no meaning for HOTP"
                                                             : absl::StrCat("is beyond ", kTotpResyncSteps));
  }
  return otp;
}

OtpauthUri UriOf(const internal::v1::Method& method, SecretBytes secret) {
  const internal::v1::OtpUse& otp = method.otp();
  OtpauthUri uri;
  uri.type = method.type() == v1::METHOD_TYPE_HOTP ? OtpType::kHotp : OtpType::kTotp;
  uri.secret = std::move(secret);
  uri.issuer = otp.issuer();
  uri.account_name = otp.account_name();
  uri.algorithm = HashAlgorithmOf(otp.algorithm());
  uri.digits = otp.digits();
  if (uri.type == OtpType::kTotp) uri.period_seconds = otp.period_seconds();
  if (uri.type == OtpType::kHotp) uri.counter = otp.next_counter();
  return uri;
}

HashAlgorithm HashAlgorithmOf(v1::Algorithm algorithm) {
  switch (algorithm) {
    case v1::ALGORITHM_SHA256:
      return HashAlgorithm::kSha256;
    case v1::ALGORITHM_SHA512:
      return HashAlgorithm::kSha512;
    default:
      return HashAlgorithm::kSha1;
  }
}

v1::Algorithm AlgorithmOf(HashAlgorithm algorithm) {
  switch (algorithm) {
    case HashAlgorithm::kSha256:
      return v1::ALGORITHM_SHA256;
    case HashAlgorithm::kSha512:
      return v1::ALGORITHM_SHA512;
    case HashAlgorithm::kSha1:
      break;
  }
  return v1::ALGORITHM_SHA1;
}

}  // namespace twofold
