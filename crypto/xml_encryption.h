#ifndef TWOFOLD_CRYPTO_XML_ENCRYPTION_H_
#define TWOFOLD_CRYPTO_XML_ENCRYPTION_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "crypto/secret_bytes.h"

// What other systems protect key files with, by the names of XML Encryption. Twofold reads such
// files and protects nothing of its own this way. All functions are thread-safe.

namespace twofold {

// The length of the key chooses the variant. Triple DES takes 16 or 24 bytes, the others take 16,
// 24 or 32.
enum class BlockCipher { kAes, kCamellia, kTripleDes };

// HMAC with a hash of the SHA family.
enum class MacHash { kSha1, kSha224, kSha256, kSha384, kSha512 };

size_t BlockSize(BlockCipher cipher);

// Decrypts in CBC mode and removes the padding (XML Encryption §5.2). INVALID_ARGUMENT for a key, an
// IV or a text of a wrong length, and for a wrong padding. A wrong key gives a wrong padding most of
// the time, so only a MAC or a key wrap tells that the key is right.
absl::StatusOr<SecretBytes> DecryptCbc(BlockCipher cipher, const SecretBytes& key, absl::string_view iv,
                                       absl::string_view ciphertext);

// Unwraps a key that AES or Camellia wrapped, without padding or with it (RFC 3394, RFC 5649, RFC
// 3657). INVALID_ARGUMENT for a wrong length, and if the integrity check fails.
absl::StatusOr<SecretBytes> UnwrapKey(BlockCipher cipher, const SecretBytes& key, absl::string_view wrapped);

std::string ComputeMac(MacHash hash, const SecretBytes& key, absl::string_view data);

// Derives a key by PBKDF2 (RFC 8018 §5.2). `iterations` and `size` must be above 0.
SecretBytes DeriveKey(MacHash hash, const SecretBytes& password, absl::string_view salt, int iterations,
                      size_t size);

}  // namespace twofold

#endif  // TWOFOLD_CRYPTO_XML_ENCRYPTION_H_
