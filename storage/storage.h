#ifndef TWOFOLD_STORAGE_STORAGE_H_
#define TWOFOLD_STORAGE_STORAGE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/task.h"

namespace twofold {

// A random, non-zero number that the caller draws for every write; 0 stands for "no such record". Never a
// counter: a record that was deleted, restored or rolled back does not again have a version that somebody
// still holds.
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
  // Pass to the next Scan; empty after the last page.
  std::string next_cursor;
};

// A map from keys to versioned bytes. Keys are 1-512 bytes and values at most 64 KiB, both of any content; a
// backend never looks into them.
//
// Threads: every call may be made from any thread and never blocks it; the returned flow resumes on its own
// executor. A Storage outlives the flows started on it.
//
// Linearizable: once a write is acknowledged every later Get sees it, and so does a Get after a crash of this
// process or of the machine, as far as the backend's guide promises. An argument outside its bounds is
// INVALID_ARGUMENT (storage/arguments.h); errors other than those listed are UNAVAILABLE, with a message that
// names the cause and no key.
class Storage {
 public:
  virtual ~Storage() = default;

  // NOT_FOUND when there is no such record. DATA_LOSS when that cannot be told, since what would hold it was
  // emptied, or was never prepared.
  virtual Task<absl::StatusOr<VersionedBytes>> Get(std::string key) = 0;

  // Compare-and-swap: writes if the record's version is `expected` (kAbsent: if there is no record), and
  // gives it the version `next`, which must not be kAbsent. OK means durable. ABORTED: the version was
  // another one, nothing was written. UNAVAILABLE: certainly not written. UNKNOWN: it may have been; a Get
  // that returns `next` tells that it was.
  virtual Task<absl::Status> Put(std::string key, std::string bytes, Version expected, Version next) = 0;

  // Removes the record if its version is `expected`. The statuses are Put's; a record that does not exist is
  // ABORTED.
  virtual Task<absl::Status> Delete(std::string key, Version expected) = 0;

  // Up to `limit` (1-1000) records. The first page has an empty cursor; the last an empty next_cursor, and
  // any page may be short. A record that exists from the first to the last page appears at least once,
  // one written meanwhile may. INVALID_ARGUMENT: a cursor that no Scan returned.
  virtual Task<absl::StatusOr<ScanPage>> Scan(std::string cursor, int limit) = 0;

  // OK when reads and writes can be expected to work; otherwise UNAVAILABLE with a reason for operators.
  virtual Task<absl::Status> CheckReady() = 0;
};

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_STORAGE_H_
