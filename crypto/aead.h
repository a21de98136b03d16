#ifndef TWOFOLD_CRYPTO_AEAD_H_
#define TWOFOLD_CRYPTO_AEAD_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/random.h"
#include "crypto/secret_bytes.h"

namespace twofold {

// AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce for each message. A key may seal at most
// 2^32 messages (§8.3). Immutable and thread-safe.
class Aead {
 public:
  static constexpr size_t kKeySize = 32;
  static constexpr size_t kNonceSize = 12;
  static constexpr size_t kTagSize = 16;

  // `key` must have kKeySize bytes.
  explicit Aead(SecretBytes key);

  // Returns nonce | ciphertext | tag. `plaintext` and `associated_data` must be below 2 GiB.
  std::string Seal(Random& random, absl::string_view plaintext, absl::string_view associated_data) const;

  // Returns DATA_LOSS, always with the same message, if Seal did not make `sealed` with this key
  // and this associated data.
  absl::StatusOr<SecretBytes> Open(absl::string_view sealed, absl::string_view associated_data) const;

 private:
  SecretBytes key_;
};

}  // namespace twofold

#endif  // TWOFOLD_CRYPTO_AEAD_H_
