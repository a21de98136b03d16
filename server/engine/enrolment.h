#ifndef TWOFOLD_SERVER_ENGINE_ENROLMENT_H_
#define TWOFOLD_SERVER_ENGINE_ENROLMENT_H_

#include <string>

#include "absl/status/statusor.h"
#include "common/random.h"
#include "crypto/secret_bytes.h"
#include "server/engine/limits.h"
#include "server/methods/otpauth_uri.h"
#include "twofold/v1/two_factor_service.pb.h"

namespace twofold {

// What an EnrollRequest asks for, with its defaults filled in and a secret made or imported.
struct Enrolment {
  // Of the future device: 16 random bytes in lower-case base32.
  std::string method_id;
  std::string description;
  // The secret is not a fresh one.
  bool imported = false;
  // Parameters and secret.
  OtpauthUri otp;
};

// INVALID_REQUEST names the field that is out of its bounds. A fresh secret is as long as the hash (RFC 4226
// §4 R6, RFC 6238 §5.1).
absl::StatusOr<Enrolment> PlanEnrolment(const Limits& limits, const v1::EnrollRequest& request,
                                        Random& random);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_ENGINE_ENROLMENT_H_
