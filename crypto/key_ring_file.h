#ifndef TWOFOLD_CRYPTO_KEY_RING_FILE_H_
#define TWOFOLD_CRYPTO_KEY_RING_FILE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/clock.h"
#include "common/random.h"
#include "crypto/key_ring.h"
#include "crypto/key_source.h"
#include "crypto/key_wrapper.h"

// These functions keep a key ring in a JSON file, the protobuf JSON form of
// proto/twofold/internal/v1/key_ring.proto. Every message names the path and what to check, and
// contains nothing of a key. The functions block.

namespace twofold {

// Loads a ring whose keys are in clear. Returns NOT_FOUND if there is no file. Returns
// FAILED_PRECONDITION if it is not a regular file of at most 1 MiB, or if others may read or change
// it. Returns INVALID_ARGUMENT if it holds no valid ring. Other errors are the system's.
absl::StatusOr<std::unique_ptr<KeyRing>> LoadKeyRingFile(const std::string& path);

// Returns a source that reads the file at `path`. With a `wrapper` it unwraps the keys that are
// wrapped, and keeps each of them in memory as long as the file holds it. A key that is known needs
// the wrapper no more. Errors of Load are those of LoadKeyRingFile and of the wrapper.
std::unique_ptr<KeySource> NewFileKeySource(std::string path, std::unique_ptr<KeyWrapper> wrapper = nullptr);

// Parses a ring from text whose keys are in clear. Messages call the text `name`.
absl::StatusOr<std::unique_ptr<KeyRing>> ParseKeyRing(absl::string_view json, absl::string_view name);

// Writes a ring with one new key, readable by the owner alone. `wrapper` wraps the key, unless it is
// null. Returns ALREADY_EXISTS if there is a file, which it never touches. Returns
// FAILED_PRECONDITION for a folder in which others could replace the file. After OK the ring
// survives a crash of the machine. After an error the call has left no ring at `path`, except that
// it may have left one if the directory could not be flushed.
absl::Status CreateKeyRingFile(const std::string& path, Random& random, const Clock& clock,
                               KeyWrapper* wrapper = nullptr);

// A key of a file as operators see it.
struct ListedKey {
  uint32_t id = 0;
  // RFC 3339. Empty if the file does not say.
  std::string create_time;
  bool is_primary = false;
  bool is_wrapped = false;
};

// Returns the keys of the file in ascending order of their ids.
absl::StatusOr<std::vector<ListedKey>> ListKeyRingFile(const std::string& path);

// The functions below change the file at `path`. The file is replaced as a whole and keeps its mode
// and its owner, and the folder is flushed. Calls that run at the same time wait for each other.
// They refuse a symbolic link, because they would replace the link. Other errors are those of
// LoadKeyRingFile.

// Adds a new key that is not primary, and returns its id. FAILED_PRECONDITION: the ring has wrapped
// keys, and there is no `wrapper`.
absl::StatusOr<uint32_t> AddKeyToFile(const std::string& path, Random& random, const Clock& clock,
                                      KeyWrapper* wrapper = nullptr);

// Makes a key the primary one. NOT_FOUND: the ring lacks it.
absl::Status PromoteKeyInFile(const std::string& path, uint32_t key_id);

// Removes a key. NOT_FOUND: the ring lacks it. FAILED_PRECONDITION: it is the primary one.
absl::Status RemoveKeyFromFile(const std::string& path, uint32_t key_id);

}  // namespace twofold

#endif  // TWOFOLD_CRYPTO_KEY_RING_FILE_H_
