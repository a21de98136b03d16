#include "server/engine/enrolment.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "crypto/base32.h"
#include "crypto/bytes.h"
#include "crypto/otp.h"
#include "crypto/system_random.h"
#include "server/engine/errors.h"
#include "server/engine/request_shape.h"
#include "server/methods/device_secret.h"

namespace twofold {
namespace {

constexpr size_t kMethodIdBytes = 16;

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
  if (request.type() != v1::METHOD_TYPE_UNSPECIFIED && request.type() != v1::METHOD_TYPE_TOTP &&
      request.type() != v1::METHOD_TYPE_HOTP) {
    return InvalidRequestError("type", "must be METHOD_TYPE_TOTP or METHOD_TYPE_HOTP");
  }
  if (!v1::Algorithm_IsValid(request.algorithm())) return InvalidRequestError("algorithm", "is unknown");
  if (request.digits() != 0 && (request.digits() < kMinOtpDigits || request.digits() > kMaxOtpDigits)) {
    return InvalidRequestError("digits", "must be 6, 7 or 8");
  }
  otp.type = request.type() == v1::METHOD_TYPE_HOTP ? OtpType::kHotp : OtpType::kTotp;
  otp.algorithm = HashAlgorithmOf(request.algorithm());
  if (request.digits() != 0) otp.digits = request.digits();
  if (request.period_seconds() == 0) return absl::OkStatus();
  if (otp.type == OtpType::kHotp)
    return InvalidRequestError("period_seconds", "means nothing to a HOTP device");
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
absl::Status PlanLabel(const Limits& limits, const v1::EnrollRequest& request, OtpauthUri& otp) {
  absl::Status status = CheckDisplayText("issuer", request.issuer(), kMaxIssuerSize);
  if (!status.ok()) return status;
  if (absl::StrContains(request.issuer(), ':')) return InvalidRequestError("issuer", "contains a colon");
  status = CheckDisplayText("account_name", request.account_name(), kMaxAccountNameSize);
  if (!status.ok()) return status;
  if (!request.issuer().empty()) otp.issuer = request.issuer();
  if (!request.account_name().empty()) otp.account_name = request.account_name();
  if (otp.issuer.empty()) otp.issuer = limits.issuer;
  if (otp.account_name.empty()) otp.account_name = request.user_id();
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Enrolment> PlanEnrolment(const Limits& limits, const v1::EnrollRequest& request,
                                        Random& random) {
  absl::Status status = CheckDisplayText("description", request.description(), kMaxDescriptionSize);
  if (!status.ok()) return status;
  status = CheckQrFormat(request.qr_format());
  if (!status.ok()) return status;
  Enrolment enrolment;
  enrolment.method_id = Base32EncodeLower(AsBytes(RandomBytes(random, kMethodIdBytes)));
  enrolment.description = request.description();
  enrolment.imported = request.import_case() != v1::EnrollRequest::IMPORT_NOT_SET;
  const bool from_uri = request.import_case() == v1::EnrollRequest::kOtpauthUri;
  status = from_uri ? ImportUri(request, enrolment.otp) : PlanParameters(request, enrolment.otp);
  if (!status.ok()) return status;
  if (request.import_case() == v1::EnrollRequest::kSecretBase32) {
    status = ImportSecret(request, enrolment.otp);
    if (!status.ok()) return status;
  } else if (!from_uri) {
    enrolment.otp.secret = FreshSecret(enrolment.otp.algorithm, random);
  }
  status = PlanLabel(limits, request, enrolment.otp);
  if (!status.ok()) return status;
  return enrolment;
}

}  // namespace twofold
