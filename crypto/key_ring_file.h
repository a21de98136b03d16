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

// A key ring kept in a JSON file: proto/twofold/internal/v1/key_ring.proto in protobuf's JSON form. Every
// message names the path and what to look at, and none contains anything of a key. These functions block.

namespace twofold {

// NOT_FOUND when there is no file; FAILED_PRECONDITION when it is no regular file of at most 1 MiB, or one
// that others may read or change; INVALID_ARGUMENT when it holds no valid ring; otherwise what the system
// said.
absl::StatusOr<std::unique_ptr<KeyRing>> LoadKeyRingFile(const std::string& path);

// The same from a text, for which messages say `name`.
absl::StatusOr<std::unique_ptr<KeyRing>> ParseKeyRing(absl::string_view json, absl::string_view name);

// Writes a ring with one new key, readable by the owner alone. ALREADY_EXISTS when there is a file, which is
// never touched; FAILED_PRECONDITION in a folder where others could replace it. After OK the ring survives a
// crash of the machine; after an error there is no ring at `path` that was not there before, but for a
// failure to flush the directory, where one may be.
absl::Status CreateKeyRingFile(const std::string& path, Random& random, const Clock& clock);

}  // namespace twofold

#endif  // TWOFOLD_CRYPTO_KEY_RING_FILE_H_
