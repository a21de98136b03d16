#ifndef TWOFOLD_STORAGE_SQLITE_SQLITE_STORAGE_H_
#define TWOFOLD_STORAGE_SQLITE_SQLITE_STORAGE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "storage/storage.h"

namespace twofold {

struct SqliteOptions {
  // Reads and writes that may wait, each; beyond that calls are UNAVAILABLE.
  size_t max_queued = 8192;
  // Commits hand the write-ahead log to the checkpoint thread every so many bytes of pages ...
  int64_t checkpoint_bytes = int64_t{4} << 20;
  // ... and wait once for it to be emptied when it has grown to so many.
  int64_t max_wal_bytes = int64_t{32} << 20;
  // Memory for the records that were written last, which are then read without SQLite.
  size_t cache_bytes = size_t{64} << 20;
  // A database of up to so many bytes is kept in memory as a whole by its writer; of a larger one, whose
  // users would seldom meet a page that is there, only what leads to the records. A larger one is synced
  // after each checkpoint.
  int64_t whole_file_bytes = int64_t{64} << 20;
  // Between attempts to re-open the file after a failed commit or a failed sync.
  int64_t reopen_interval_ms = 200;
  // Gets a sentence for operators while the file is opened.
  std::function<void(const std::string&)> warn = nullptr;
};

// Since the file was opened; for tests and the benchmark.
struct SqliteStats {
  int64_t commits = 0;
  // Acknowledged Puts and Deletes, and probes after a write that failed.
  int64_t writes = 0;
  int64_t failed_batches = 0;
  int64_t checkpoints = 0;
  int64_t failed_checkpoints = 0;
  int64_t wal_restarts = 0;
  int64_t reopens = 0;
  // Gets that needed no SQLite.
  int64_t cached_reads = 0;
  // How much of the database its writer may keep in memory.
  int64_t page_cache_bytes = 0;
  // Length of the write-ahead log after the last commit.
  int64_t wal_pages = 0;
  // Records whose row was learned before they were asked for.
  int64_t learned_rows = 0;
};

class SqliteStorage : public Storage {
 public:
  virtual SqliteStats Stats() const = 0;
};

// Opens, and if need be creates (mode 0600), the database at `path` for the storage's lifetime; blocks. A
// second storage on the same file is refused, in this process or another, by whatever name. While the name
// does not lead to the file any more, CheckReady says so, and from then on nothing is read or written. Scans
// in the order of keys.
//
// Durable: an acknowledged write survives the crash of the process and of the machine, as far as the disk
// honours fdatasync (WAL, synchronous=FULL). After a failed COMMIT, whose writes are UNKNOWN, every call is
// UNAVAILABLE until the file has been re-opened, which the storage tries by itself. So it is after a failed
// sync of the database, which concerns no write that was acknowledged.
//
// FAILED_PRECONDITION, with a message that names the path: in use, not a Twofold database, written by a newer
// release, damaged, not writable, open to others, or with a second name.
absl::StatusOr<std::unique_ptr<SqliteStorage>> OpenSqliteStorage(
    const std::string& path, const SqliteOptions& options = SqliteOptions());

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_SQLITE_SQLITE_STORAGE_H_
