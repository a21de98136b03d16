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

// The purpose of a sealed text. Each purpose has keys of its own, so a text that is sealed for one
// does not open for another.
enum class Purpose { kSecret, kAnswer, kExport, kCheck, kChallenge, kPrompt, kGrant };

struct RingKey {
  RingKey(uint32_t id_in, SecretBytes bytes_in) : id(id_in), bytes(std::move(bytes_in)) {}

  uint32_t id;
  SecretBytes bytes;
};

// The keys under which the server stores secrets. The primary key seals, and every key of the ring
// opens. Immutable and thread-safe.
//
// A sealed text is: version (1 byte, 1) | key id (4 bytes, big-endian) | nonce (12) | ciphertext |
// tag (16). Its associated data is version, key id, purpose and the caller's context, each with its
// length.
class KeyRing {
 public:
  static constexpr size_t kKeySize = Aead::kKeySize;

  // Returns INVALID_ARGUMENT if there is no key, an id is 0 or occurs twice, a key does not have
  // kKeySize bytes, all bytes of a key are 0, or `primary_key_id` is not among the keys.
  static absl::StatusOr<std::unique_ptr<KeyRing>> Create(uint32_t primary_key_id, std::vector<RingKey> keys);

  ~KeyRing();
  KeyRing(const KeyRing&) = delete;
  KeyRing& operator=(const KeyRing&) = delete;

  // `context` says what the text belongs to (LengthPrefixed fields). Opening needs it, and it is
  // not stored. A `key_info` that is not empty is a second ingredient of the key. The ring alone
  // cannot open the text then.
  std::string Seal(Purpose purpose, absl::string_view plaintext, absl::string_view context, Random& random,
                   absl::string_view key_info = "") const;

  // Returns FAILED_PRECONDITION if the ring lacks the key. Returns DATA_LOSS if `sealed` is
  // malformed, was altered, or was sealed for another purpose, context or key_info.
  absl::StatusOr<SecretBytes> Open(Purpose purpose, absl::string_view sealed, absl::string_view context,
                                   absl::string_view key_info = "") const;

  // Returns the id of the key that sealed a text, or 0, which no key has, if the text is malformed.
  static uint32_t KeyIdOf(absl::string_view sealed);

  // Returns false also for malformed text.
  bool SealedByPrimary(absl::string_view sealed) const;

  // Returns a keyed digest of 16 bytes, under the primary key. `label` separates uses.
  std::string Digest(absl::string_view label, absl::string_view data) const;

  // Returns whether the key `key_id` gives `digest`, and false if the ring lacks the key. Takes the
  // same time wherever the digests differ.
  bool DigestMatches(uint32_t key_id, absl::string_view label, absl::string_view data,
                     absl::string_view digest) const;

  uint32_t primary_key_id() const { return primary_key_id_; }

  bool HasKey(uint32_t key_id) const { return keys_.contains(key_id); }

  // Returns whether both rings have the key `key_id` and it is the same key. Takes the same time
  // wherever the keys differ.
  bool HasSameKey(uint32_t key_id, const KeyRing& other) const;

  // Returns the ids of all keys in ascending order.
  std::vector<uint32_t> key_ids() const;

 private:
  struct DerivedKeys;

  KeyRing(uint32_t primary_key_id, std::map<uint32_t, std::unique_ptr<const DerivedKeys>> keys);

  const uint32_t primary_key_id_;
  const std::map<uint32_t, std::unique_ptr<const DerivedKeys>> keys_;
  // An element of keys_.
  const DerivedKeys& primary_;
};

}  // namespace twofold

#endif  // TWOFOLD_CRYPTO_KEY_RING_H_
