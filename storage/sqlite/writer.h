#ifndef TWOFOLD_STORAGE_SQLITE_WRITER_H_
#define TWOFOLD_STORAGE_SQLITE_WRITER_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/async.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/shared_state.h"
#include "storage/storage.h"

namespace twofold {

struct WriteOp {
  enum class Kind { kPut, kDelete, kProbe };

  explicit WriteOp(Kind k) : kind(k) {}

  Kind kind;
  std::string key;
  std::string bytes;
  Version expected = kAbsent;
  Version next = kAbsent;
  Completion<absl::Status> done;
};

// Carries out batches of writes. Each batch is one transaction (group commit). One thread calls
// Handle, and any thread may call Connect. `state` outlives the writer.
class Writer {
 public:
  Writer(const SqliteOptions& options, SharedState& state)
      : checkpoint_bytes_(options.checkpoint_bytes),
        max_wal_bytes_(options.max_wal_bytes),
        whole_file_bytes_(options.whole_file_bytes),
        state_(state) {}
  ~Writer() { Connect(nullptr); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // nullptr disconnects. Waits for the batch under way.
  void Connect(std::unique_ptr<WriterConnection> connection);

  // Answers every write of the batch: OK once it is durable, ABORTED or UNAVAILABLE once it is
  // certain that nothing was written. UNKNOWN comes after the storage has begun to refuse calls.
  void Handle(std::vector<WriteOp> batch);

 private:
  // The outcome of the batch as a whole: OK, UNAVAILABLE (rolled back) or UNKNOWN.
  absl::Status Run(const std::vector<WriteOp>& batch, std::vector<absl::Status>& results)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The number of operations that wrote.
  absl::StatusOr<int64_t> Apply(const std::vector<WriteOp>& batch, std::vector<absl::Status>& results)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  enum class Effect { kNone, kConflict, kNoRow, kWritten };
  absl::StatusOr<Effect> Apply(const WriteOp& op) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Writes only if the last write failed: while writes succeed, there is nothing to find out.
  absl::StatusOr<Effect> Probe() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Whether there is a record with that key. Throws SQLite::Exception.
  absl::StatusOr<bool> Exists(const std::string& key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void DropStaleCache() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Updates the cache after `op` ended with `result`.
  void Cache(const WriteOp& op, const absl::Status& result) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Commit(int64_t written) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool RollBack() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status CheckInPlace() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void FitPageCache() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void BoundLog() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const int64_t checkpoint_bytes_;
  const int64_t max_wal_bytes_;
  const int64_t whole_file_bytes_;
  SharedState& state_;
  absl::Mutex mutex_;
  std::unique_ptr<WriterConnection> connection_ ABSL_GUARDED_BY(mutex_);
  // The same bounds in pages of the database.
  int64_t checkpoint_pages_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t max_wal_pages_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t checkpoint_requested_at_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t restart_at_ ABSL_GUARDED_BY(mutex_) = 0;
  // PRAGMA data_version, which changes when another connection has committed.
  int64_t data_version_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_SQLITE_WRITER_H_
