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
  // Reads and writes that may wait, each. Calls beyond that are UNAVAILABLE.
  size_t max_queued = 8192;
  // The writer requests a checkpoint whenever the write-ahead log has grown by this much ...
  int64_t checkpoint_bytes = int64_t{4} << 20;
  // ... and empties the log itself when it has grown to this length.
  int64_t max_wal_bytes = int64_t{32} << 20;
  // Memory for the records that were written last, which are then read without SQLite.
  size_t cache_bytes = size_t{64} << 20;
  // The writer keeps a database of up to this size in memory as a whole, and of a larger one only
  // the inner pages. A larger one is synced after each checkpoint.
  int64_t whole_file_bytes = int64_t{64} << 20;
  // Time between attempts to re-open the file after a failed commit or a failed sync.
  int64_t reopen_interval_ms = 200;
  // Receives a sentence for operators while the file is opened.
  std::function<void(const std::string&)> warn = nullptr;
};

// Counted since the file was opened, for tests and the benchmark.
struct SqliteStats {
  int64_t commits = 0;
  // Acknowledged Puts and Deletes, and probes after a write that failed.
  int64_t writes = 0;
  int64_t failed_batches = 0;
  int64_t checkpoints = 0;
  int64_t failed_checkpoints = 0;
  int64_t wal_restarts = 0;
  int64_t reopens = 0;
  // Gets that the record cache answered.
  int64_t cached_reads = 0;
  // How much of the database the writer may keep in memory.
  int64_t page_cache_bytes = 0;
  // Length of the write-ahead log after the last commit.
  int64_t wal_pages = 0;
};

class SqliteStorage : public Storage {
 public:
  virtual SqliteStats Stats() const = 0;
};

// Opens the database at `path`, or creates it with mode 0600. Blocks. A second storage on the same
// file is refused, in this process or another, whatever name it uses. If the name leads to another
// file later, CheckReady reports that, and from then on nothing is read or written.
//
// Durable: an acknowledged write survives a crash of the process and of the machine, provided that
// the disk honours fdatasync (WAL, synchronous=FULL). A failed COMMIT makes its writes UNKNOWN.
// After it, and after a failed sync of the database, every call is UNAVAILABLE until the storage
// has re-opened the file, which it tries by itself. A failed sync of the database affects no
// acknowledged write.
//
// FAILED_PRECONDITION, with a message that names the path: the file is in use, not a Twofold
// database, of another schema, damaged, not writable, open to others, or has a second name.
absl::StatusOr<std::unique_ptr<SqliteStorage>> OpenSqliteStorage(
    const std::string& path, const SqliteOptions& options = SqliteOptions());

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_SQLITE_SQLITE_STORAGE_H_
