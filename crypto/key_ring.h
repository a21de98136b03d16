#ifndef TWOFOLD_CRYPTO_KEY_RING_H_
#define TWOFOLD_CRYPTO_KEY_RING_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/random.h"
#include "crypto/aead.h"
#include "crypto/secret_bytes.h"

namespace twofold {

// What a sealed text is for. Each purpose has keys of its own, so that a text sealed for one does not open
// for another.
enum class Purpose { kSecret, kBackup, kAnswer, kExport, kCheck };

struct RingKey {
  RingKey(uint32_t id_in, SecretBytes bytes_in) : id(id_in), bytes(std::move(bytes_in)) {}

  uint32_t id;
  SecretBytes bytes;
};

// The keys under which everything secret is stored. Any of them opens; the primary seals. Immutable and
// thread-safe.
//
// A sealed text is: version (1 byte, 1) | key id (4 bytes, big-endian) | nonce (12) | ciphertext | tag (16).
// Its associated data is version, key id, purpose and the caller's context, each with its length.
class KeyRing {
 public:
  static constexpr size_t kKeySize = Aead::kKeySize;

  // INVALID_ARGUMENT when there is no key, an id is 0 or there twice, a key has not kKeySize bytes, all bytes
  // of one are 0, or `primary_key_id` is not among them.
  static absl::StatusOr<std::unique_ptr<KeyRing>> Create(uint32_t primary_key_id, std::vector<RingKey> keys);

  ~KeyRing();
  KeyRing(const KeyRing&) = delete;
  KeyRing& operator=(const KeyRing&) = delete;

  // `context` says what the text belongs to (LengthPrefixed fields): it is needed to open, and not stored.
  // `key_info`, when not empty, is a second ingredient of the key: whoever has the ring but not key_info
  // cannot open.
  std::string Seal(Purpose purpose, absl::string_view plaintext, absl::string_view context, Random& random,
                   absl::string_view key_info = "") const;

  // FAILED_PRECONDITION when the ring lacks the key; DATA_LOSS when `sealed` is malformed, was altered, or
  // was sealed for another purpose, context or key_info.
  absl::StatusOr<SecretBytes> Open(Purpose purpose, absl::string_view sealed, absl::string_view context,
                                   absl::string_view key_info = "") const;

  // False also for what is malformed.
  bool SealedByPrimary(absl::string_view sealed) const;

  // A keyed digest of 16 bytes, under the primary key. `label` separates uses.
  std::string Digest(absl::string_view label, absl::string_view data) const;

  // Whether any key of the ring gives `digest`; in the same time wherever it matches.
  bool DigestMatches(absl::string_view label, absl::string_view data, absl::string_view digest) const;

  uint32_t primary_key_id() const { return primary_key_id_; }

 private:
  struct DerivedKeys;

  KeyRing(uint32_t primary_key_id, std::map<uint32_t, std::unique_ptr<const DerivedKeys>> keys);

  const uint32_t primary_key_id_;
  const std::map<uint32_t, std::unique_ptr<const DerivedKeys>> keys_;
  // One of keys_.
  const DerivedKeys& primary_;
};

}  // namespace twofold

#endif  // TWOFOLD_CRYPTO_KEY_RING_H_
