#ifndef TWOFOLD_CRYPTO_KEY_RING_MESSAGE_H_
#define TWOFOLD_CRYPTO_KEY_RING_MESSAGE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/clock.h"
#include "common/random.h"
#include "crypto/key_wrapper.h"
#include "twofold/internal/v1/key_ring.pb.h"

// The key ring file as a message. Errors name the file and contain nothing of a key.

namespace twofold {

// Far larger than any ring, and small enough to read whatever file the path names.
inline constexpr size_t kMaxKeyRingFileSize = 1 << 20;

// Wipes all keys when it is destroyed.
struct KeyRingMessage {
  KeyRingMessage() = default;
  KeyRingMessage(KeyRingMessage&&) = default;
  KeyRingMessage& operator=(KeyRingMessage&&) = delete;
  ~KeyRingMessage();

  internal::v1::KeyRingFile file;
};

// INVALID_ARGUMENT: the text is no key ring, whatever its keys are. Messages call the text `name`.
absl::StatusOr<KeyRingMessage> ParseKeyRingMessage(absl::string_view json, absl::string_view name);

// Reads the file at `path`. Errors are those of LoadKeyRingFile.
absl::StatusOr<KeyRingMessage> ReadKeyRingMessage(const std::string& path);

// Returns the text of a file. The caller wipes it.
std::string PrintKeyRingMessage(const internal::v1::KeyRingFile& file);

// Adds a random key under an id that the ring never had, and returns its id. `wrapper` wraps the
// key. If it is null, the key is added in clear.
absl::StatusOr<uint32_t> AddNewKey(internal::v1::KeyRingFile& file, KeyWrapper* wrapper, Random& random,
                                   const Clock& clock);

// "the key ring NAME cannot be used: WHY".
absl::Status UnusableKeyRing(absl::string_view name, absl::string_view why);

}  // namespace twofold

#endif  // TWOFOLD_CRYPTO_KEY_RING_MESSAGE_H_
