#ifndef TWOFOLD_STORAGE_SQLITE_READER_H_
#define TWOFOLD_STORAGE_SQLITE_READER_H_

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/async.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/shared_state.h"
#include "storage/storage.h"

namespace twofold {

struct GetOp {
  GetOp(std::string k, Completion<absl::StatusOr<VersionedBytes>> d)
      : key(std::move(k)), done(std::move(d)) {}
  std::string key;
  Completion<absl::StatusOr<VersionedBytes>> done;
};

struct ScanOp {
  ScanOp(int64_t a, int l, Completion<absl::StatusOr<ScanPage>> d) : after(a), limit(l), done(std::move(d)) {}
  // The row after which the page begins.
  int64_t after;
  int limit;
  Completion<absl::StatusOr<ScanPage>> done;
};

struct ReadProbeOp {
  explicit ReadProbeOp(Completion<absl::Status> d) : done(std::move(d)) {}
  Completion<absl::Status> done;
};

// The row after which the page of `cursor` begins. INVALID_ARGUMENT: no scan returned this cursor.
absl::StatusOr<int64_t> RowBefore(absl::string_view cursor);

using ReadOp = std::variant<GetOp, ScanOp, ReadProbeOp>;

// Carries out batches of reads. Each batch is one read transaction, which begins after the batch
// was taken from the queue, so it sees every write that was acknowledged before one of its reads
// was made. One thread calls Handle, and any thread may call Connect. `state` outlives the reader.
class Reader {
 public:
  explicit Reader(SharedState& state) : state_(state) {}

  // nullptr disconnects. Waits for the batch under way.
  void Connect(std::unique_ptr<ReaderConnection> connection);

  void Handle(std::vector<ReadOp> batch);

 private:
  absl::Status Begin() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<VersionedBytes> Get(const std::string& key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<ScanPage> Scan(int64_t after, int limit) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Probe() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  SharedState& state_;
  absl::Mutex mutex_;
  std::unique_ptr<ReaderConnection> connection_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_SQLITE_READER_H_
