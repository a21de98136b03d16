#include "server/engine/rules.h"

#include "crypto/system_random.h"
#include "server/methods/device_secret.h"

namespace twofold {
namespace {

constexpr size_t kSecretSize = 20;
constexpr size_t kSaltSize = 16;

}  // namespace

// The name has a control character, so that no request can be about this subject.
Decoy::Decoy(const KeyRing& ring, Random& random)
    : subject("", "\x01"), salt(RandomBytes(random, kSaltSize)) {
  device.set_method_id("decoy");
  device.set_type(v1::METHOD_TYPE_TOTP);
  device.set_algorithm(v1::ALGORITHM_SHA1);
  device.set_digits(6);
  device.set_period_seconds(30);
  const std::string secret = RandomBytes(random, kSecretSize);
  SealDeviceSecret(ring, random, subject, SecretBytes::FromString(secret), device);
}

}  // namespace twofold
