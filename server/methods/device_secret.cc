#include "server/methods/device_secret.h"

#include "absl/strings/str_cat.h"
#include "crypto/associated_data.h"

namespace twofold {
namespace {

using internal::v1::Device;

std::string Context(const Subject& subject, const Device& device) {
  const std::string parameters =
      absl::StrCat(static_cast<int>(device.type()), "/", static_cast<int>(device.algorithm()), "/",
                   device.digits(), "/", device.period_seconds());
  return LengthPrefixed({subject.tenant, subject.user, device.method_id(), parameters});
}

}  // namespace

void SealDeviceSecret(const KeyRing& ring, Random& random, const Subject& subject, const SecretBytes& secret,
                      Device& device) {
  device.set_sealed_secret(ring.Seal(Purpose::kSecret, secret.text(), Context(subject, device), random));
}

absl::StatusOr<SecretBytes> OpenDeviceSecret(const KeyRing& ring, const Subject& subject,
                                             const Device& device) {
  return ring.Open(Purpose::kSecret, device.sealed_secret(), Context(subject, device));
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

OtpParameters OtpParametersOf(const Device& device) {
  return OtpParameters(HashAlgorithmOf(device.algorithm()), device.digits());
}

}  // namespace twofold
