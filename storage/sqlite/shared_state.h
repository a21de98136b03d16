#ifndef TWOFOLD_STORAGE_SQLITE_SHARED_STATE_H_
#define TWOFOLD_STORAGE_SQLITE_SHARED_STATE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/steady.h"
#include "storage/sqlite/record_cache.h"

namespace twofold {

// The state that the writer, the reader and the maintenance thread of one database share.
// Thread-safe.
class SharedState {
 public:
  explicit SharedState(size_t cache_bytes) : cache(cache_bytes) {}

  // A record as it stands in the database, if the cache has it.
  std::optional<VersionedBytes> Cached(absl::string_view key);

  // OK, or the reason why nothing is read or written at present.
  absl::Status Usable() const;
  // From now on nothing is read or written, and the maintenance thread tries to re-open the file.
  void Refuse(const absl::Status& why);
  void Resume();

  // The outcome of the latest batch that wrote.
  absl::Status last_write() const;
  void set_last_write(const absl::Status& status);

  void RequestCheckpoint();
  void Stop();

  enum class Work { kStop, kReopen, kCheckpoint };
  // Blocks until there is work. Takes the request for a checkpoint.
  Work WaitForWork();
  // Blocks. False: Stop was called.
  bool Pause(absl::Duration duration);

  // Set after a failed sync of the database: pages that checkpoints copied may exist only in the
  // log, so it must be read anew before it is deleted.
  std::atomic<bool> needs_log{false};

  struct Counters {
    std::atomic<int64_t> commits{0};
    std::atomic<int64_t> writes{0};
    std::atomic<int64_t> failed_batches{0};
    std::atomic<int64_t> checkpoints{0};
    std::atomic<int64_t> failed_checkpoints{0};
    std::atomic<int64_t> wal_restarts{0};
    std::atomic<int64_t> reopens{0};
    std::atomic<int64_t> cached_reads{0};
    std::atomic<int64_t> page_cache_bytes{0};
    std::atomic<int64_t> wal_pages{0};
  };
  Counters counters;

  // Only the writer fills it.
  RecordCache cache;

 private:
  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopping_ || !usable_.ok() || checkpoint_requested_;
  }

  // Whether usable_ is OK, to be read without the lock.
  std::atomic<bool> in_use_{true};
  mutable absl::Mutex mutex_;
  absl::Status usable_ ABSL_GUARDED_BY(mutex_);
  absl::Status last_write_ ABSL_GUARDED_BY(mutex_);
  bool checkpoint_requested_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // Set together with stopping_, for Pause.
  SteadyEvent stop_;
};

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_SQLITE_SHARED_STATE_H_
