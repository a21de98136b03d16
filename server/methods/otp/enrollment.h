#ifndef TWOFOLD_SERVER_METHODS_OTP_ENROLLMENT_H_
#define TWOFOLD_SERVER_METHODS_OTP_ENROLLMENT_H_

#include <string>

#include "absl/status/statusor.h"
#include "common/random.h"
#include "crypto/hash_algorithm.h"
#include "crypto/secret_bytes.h"
#include "server/methods/otp/otpauth_uri.h"
#include "twofold/internal/v1/record.pb.h"
#include "twofold/v1/admin_service.pb.h"
#include "twofold/v1/two_factor_service.pb.h"

namespace twofold {

inline constexpr size_t kMaxIssuerSize = 64;

// The parameters and the secret that a request asks for, with defaults filled in. A secret that the request
// does not bring is random, and as long as the hash (RFC 4226 section 4 R6, RFC 6238 section 5.1).
// INVALID_REQUEST names the field that is out of its bounds.
absl::StatusOr<OtpauthUri> PlanOtp(const std::string& default_issuer, const v1::EnrollRequest& request,
                                   Random& random);

// The same for a method that another system made. Names that it leaves out are filled in.
absl::StatusOr<OtpauthUri> PlanPortableOtp(const std::string& default_issuer,
                                           const v1::PortableMethod& portable);

// The URI that sets up an app for `method`, whose secret is `secret`.
OtpauthUri UriOf(const internal::v1::Method& method, SecretBytes secret);

HashAlgorithm HashAlgorithmOf(v1::Algorithm algorithm);
v1::Algorithm AlgorithmOf(HashAlgorithm algorithm);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_METHODS_OTP_ENROLLMENT_H_
