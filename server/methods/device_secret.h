#ifndef TWOFOLD_SERVER_METHODS_DEVICE_SECRET_H_
#define TWOFOLD_SERVER_METHODS_DEVICE_SECRET_H_

#include "absl/status/statusor.h"
#include "common/random.h"
#include "crypto/key_ring.h"
#include "crypto/otp.h"
#include "server/methods/subject.h"
#include "twofold/internal/v1/record.pb.h"

// The sealed secret of a device. It is bound to the subject, the method id and the device's parameters: one
// that was copied to another subject, or whose algorithm, digits or period were changed, does not open.

namespace twofold {

// Sets device.sealed_secret; everything it is bound to must be set before.
void SealDeviceSecret(const KeyRing& ring, Random& random, const Subject& subject, const SecretBytes& secret,
                      internal::v1::Device& device);

// FAILED_PRECONDITION: key not in the ring. DATA_LOSS: damaged or moved.
absl::StatusOr<SecretBytes> OpenDeviceSecret(const KeyRing& ring, const Subject& subject,
                                             const internal::v1::Device& device);

HashAlgorithm HashAlgorithmOf(v1::Algorithm algorithm);
v1::Algorithm AlgorithmOf(HashAlgorithm algorithm);
OtpParameters OtpParametersOf(const internal::v1::Device& device);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_METHODS_DEVICE_SECRET_H_
