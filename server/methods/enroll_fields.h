#ifndef TWOFOLD_SERVER_METHODS_ENROLL_FIELDS_H_
#define TWOFOLD_SERVER_METHODS_ENROLL_FIELDS_H_

#include "absl/status/status.h"
#include "server/errors.h"
#include "twofold/v1/two_factor_service.pb.h"

// Fields of an EnrollRequest that belong to other types of methods. A request that sets one of them is
// refused, because its caller means something else than it asks for.

namespace twofold {

// INVALID_REQUEST if a field is set that only one-time passwords have.
inline absl::Status CheckNoOtpFields(const v1::EnrollRequest& request) {
  constexpr absl::string_view kWhy = "is for one-time passwords alone";
  if (request.algorithm() != v1::ALGORITHM_UNSPECIFIED) return InvalidRequestError("algorithm", kWhy);
  if (request.digits() != 0) return InvalidRequestError("digits", kWhy);
  if (request.period_seconds() != 0) return InvalidRequestError("period_seconds", kWhy);
  if (request.has_secret_base32()) return InvalidRequestError("secret_base32", kWhy);
  if (request.has_otpauth_uri()) return InvalidRequestError("otpauth_uri", kWhy);
  if (request.qr_format() != v1::QR_FORMAT_UNSPECIFIED && request.qr_format() != v1::QR_FORMAT_NONE) {
    return InvalidRequestError("qr_format", kWhy);
  }
  return absl::OkStatus();
}

// INVALID_REQUEST if a field is set that names where codes are sent.
inline absl::Status CheckNoPhoneNumber(const v1::EnrollRequest& request) {
  if (request.phone_number().empty()) return absl::OkStatus();
  return InvalidRequestError("phone_number", "is for METHOD_TYPE_SMS alone");
}

inline absl::Status CheckNoEmail(const v1::EnrollRequest& request) {
  if (request.email().empty()) return absl::OkStatus();
  return InvalidRequestError("email", "is for METHOD_TYPE_EMAIL alone");
}

inline absl::Status CheckNoDestination(const v1::EnrollRequest& request) {
  const absl::Status no_number = CheckNoPhoneNumber(request);
  return no_number.ok() ? CheckNoEmail(request) : no_number;
}

}  // namespace twofold

#endif  // TWOFOLD_SERVER_METHODS_ENROLL_FIELDS_H_
