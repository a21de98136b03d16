#ifndef TWOFOLD_CRYPTO_KEY_RING_FILE_H_
#define TWOFOLD_CRYPTO_KEY_RING_FILE_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/clock.h"
#include "common/random.h"
#include "crypto/key_ring.h"
#include "crypto/key_source.h"

// These functions keep a key ring in a JSON file, the protobuf JSON form of
// proto/twofold/internal/v1/key_ring.proto. Every message names the path and what to check, and
// contains nothing of a key. The functions block.

namespace twofold {

// Returns NOT_FOUND if there is no file. Returns FAILED_PRECONDITION if it is not a regular file of
// at most 1 MiB, or if others may read or change it. Returns INVALID_ARGUMENT if it holds no valid
// ring. Other errors are the system's.
absl::StatusOr<std::unique_ptr<KeyRing>> LoadKeyRingFile(const std::string& path);

// A source that reads the file at `path`, whose keys are in clear.
std::unique_ptr<KeySource> NewFileKeySource(std::string path);

// Parses a ring from text. Messages call the text `name`.
absl::StatusOr<std::unique_ptr<KeyRing>> ParseKeyRing(absl::string_view json, absl::string_view name);

// Writes a ring with one new key, readable by the owner alone. Returns ALREADY_EXISTS if there is a
// file, which it never touches. Returns FAILED_PRECONDITION for a folder in which others could
// replace the file. After OK the ring survives a crash of the machine. After an error the call has
// left no ring at `path`, except that it may have left one if the directory could not be flushed.
absl::Status CreateKeyRingFile(const std::string& path, Random& random, const Clock& clock);

}  // namespace twofold

#endif  // TWOFOLD_CRYPTO_KEY_RING_FILE_H_
