#ifndef TWOFOLD_STORAGE_STORAGE_H_
#define TWOFOLD_STORAGE_STORAGE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/task.h"

namespace twofold {

// A random, non-zero number that the caller draws for every write. 0 stands for "no such record".
// It is not a counter, so that a record that was deleted, restored or rolled back never gets a
// version that a caller still holds.
using Version = uint64_t;
inline constexpr Version kAbsent = 0;

struct VersionedBytes {
  Version version = kAbsent;
  std::string bytes;
};

struct KeyedBytes {
  std::string key;
  Version version = kAbsent;
  std::string bytes;
};

struct ScanPage {
  std::vector<KeyedBytes> records;
  // For the next Scan. Empty after the last page.
  std::string next_cursor;
};

// A map from keys to versioned bytes. Keys are 1-512 bytes and values at most 64 KiB, both of any
// content. A backend does not interpret them.
//
// Threads: every function may be called on any thread and never blocks it. The returned flow
// resumes on its own executor. A Storage outlives the flows started on it.
//
// A storage is linearizable: once a write is acknowledged, every later Get sees it. So does a Get
// after a crash of this process or of the machine, as far as the backend's guide promises.
// INVALID_ARGUMENT: an argument is outside its bounds (storage/arguments.h). Errors other than
// those listed are UNAVAILABLE, with a message that names the cause and no key.
class Storage {
 public:
  virtual ~Storage() = default;

  // NOT_FOUND: there is no such record. DATA_LOSS: the part of the store that would hold the record
  // was emptied or never prepared (storage/opened_storage.h), so the record may have existed.
  virtual Task<absl::StatusOr<VersionedBytes>> Get(std::string key) = 0;

  // Compare-and-swap: writes the record with the version `next` if its version is `expected`.
  // kAbsent as `expected` means that there is no record yet. `next` is not kAbsent. OK: the record
  // is durable. ABORTED: the version was another one, and nothing was written. UNAVAILABLE:
  // certainly nothing was written. UNKNOWN: the record may have been written, and a Get that
  // returns `next` proves that it was.
  virtual Task<absl::Status> Put(std::string key, std::string bytes, Version expected, Version next) = 0;

  // Removes the record if its version is `expected`. The statuses are those of Put. ABORTED also
  // means that there is no record.
  virtual Task<absl::Status> Delete(std::string key, Version expected) = 0;

  // Returns up to `limit` (1-1000) records. Pass an empty cursor for the first page. The last page
  // has an empty next_cursor, and any page may be short. A record that exists from the first page
  // to the last appears at least once. A record that is written meanwhile may appear.
  // INVALID_ARGUMENT: no Scan returned this cursor.
  virtual Task<absl::StatusOr<ScanPage>> Scan(std::string cursor, int limit) = 0;

  // OK when reads and writes can be expected to work. Otherwise UNAVAILABLE, with a reason for
  // operators.
  virtual Task<absl::Status> CheckReady() = 0;
};

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_STORAGE_H_
