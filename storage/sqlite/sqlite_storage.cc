#include "storage/sqlite/sqlite_storage.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/async.h"
#include "common/status_macros.h"
#include "common/worker_thread.h"
#include "storage/arguments.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/database_file.h"
#include "storage/sqlite/maintenance.h"
#include "storage/sqlite/reader.h"
#include "storage/sqlite/shared_state.h"
#include "storage/sqlite/writer.h"

namespace twofold {
namespace {

absl::Status QueueFull() { return absl::UnavailableError("storage queue is full"); }

class SqliteStorageImpl final : public SqliteStorage {
 public:
  SqliteStorageImpl(std::unique_ptr<DatabaseFile> file, const SqliteOptions& options, Connections connections)
      : file_(std::move(file)),
        state_(options.cache_bytes),
        writer_(options, state_),
        checkpointer_(std::move(connections.checkpointer)),
        reader_(state_),
        writes_(options.max_queued, [this](std::vector<WriteOp> batch) { writer_.Handle(std::move(batch)); }),
        reads_(options.max_queued, [this](std::vector<ReadOp> batch) { reader_.Handle(std::move(batch)); }),
        maintenance_(*file_, options, state_, writer_, reader_, checkpointer_) {
    writer_.Connect(std::move(connections.writer));
    reader_.Connect(std::move(connections.reader));
  }

  Task<absl::StatusOr<VersionedBytes>> Get(std::string key) override {
    if (absl::Status valid = CheckKey(key); !valid.ok()) co_return valid;
    if (std::optional<VersionedBytes> cached = state_.Cached(key)) co_return *std::move(cached);
    auto start = [this, &key](Completion<absl::StatusOr<VersionedBytes>> done) {
      ReadOp op(std::in_place_type<GetOp>, std::move(key), std::move(done));
      if (!reads_.TryPush(op)) std::move(std::get<GetOp>(op).done)(QueueFull());
    };
    auto result = co_await Await<absl::StatusOr<VersionedBytes>>(std::move(start));
    co_return result;
  }

  Task<absl::Status> Put(std::string key, std::string bytes, Version expected, Version next) override {
    if (absl::Status valid = CheckPut(key, bytes, next); !valid.ok()) co_return valid;
    WriteOp op(WriteOp::Kind::kPut);
    op.key = std::move(key);
    op.bytes = std::move(bytes);
    op.expected = expected;
    op.next = next;
    auto result = co_await Write(std::move(op));
    co_return result;
  }

  Task<absl::Status> Delete(std::string key, Version expected) override {
    if (absl::Status valid = CheckDelete(key, expected); !valid.ok()) co_return valid;
    WriteOp op(WriteOp::Kind::kDelete);
    op.key = std::move(key);
    op.expected = expected;
    auto result = co_await Write(std::move(op));
    co_return result;
  }

  Task<absl::StatusOr<ScanPage>> Scan(std::string cursor, int limit) override {
    if (absl::Status valid = CheckScanLimit(limit); !valid.ok()) co_return valid;
    const absl::StatusOr<int64_t> after = RowBefore(cursor);
    if (!after.ok()) co_return after.status();
    auto start = [this, &after, limit](Completion<absl::StatusOr<ScanPage>> done) {
      ReadOp op(std::in_place_type<ScanOp>, *after, limit, std::move(done));
      if (!reads_.TryPush(op)) std::move(std::get<ScanOp>(op).done)(QueueFull());
    };
    auto result = co_await Await<absl::StatusOr<ScanPage>>(std::move(start));
    co_return result;
  }

  Task<absl::Status> CheckReady() override {
    if (absl::Status in_place = file_->CheckInPlace(); !in_place.ok()) {
      // Nothing is read either, because operators mean the file that is in place now. Re-opening
      // waits until ours is back.
      state_.Refuse(in_place);
      co_return in_place;
    }
    auto start = [this](Completion<absl::Status> done) {
      ReadOp op(std::in_place_type<ReadProbeOp>, std::move(done));
      if (!reads_.TryPush(op)) std::move(std::get<ReadProbeOp>(op).done)(QueueFull());
    };
    absl::Status readable = co_await Await<absl::Status>(std::move(start));
    if (!readable.ok()) co_return readable;
    WriteOp probe(WriteOp::Kind::kProbe);
    auto writable = co_await Write(std::move(probe));
    co_return writable;
  }

  SqliteStats Stats() const override {
    const SharedState::Counters& counters = state_.counters;
    SqliteStats stats;
    stats.commits = counters.commits;
    stats.writes = counters.writes;
    stats.failed_batches = counters.failed_batches;
    stats.checkpoints = counters.checkpoints;
    stats.failed_checkpoints = counters.failed_checkpoints;
    stats.wal_restarts = counters.wal_restarts;
    stats.reopens = counters.reopens;
    stats.cached_reads = counters.cached_reads;
    stats.page_cache_bytes = counters.page_cache_bytes;
    stats.wal_pages = counters.wal_pages;
    return stats;
  }

 private:
  Task<absl::Status> Write(WriteOp op) {
    auto start = [this, &op](Completion<absl::Status> done) {
      op.done = std::move(done);
      if (!writes_.TryPush(op)) std::move(op.done)(QueueFull());
    };
    auto result = co_await Await<absl::Status>(std::move(start));
    co_return result;
  }

  // Members are destroyed from the last to the first: the threads, then the connections of reader,
  // checkpointer and writer, then the lock on the file. The last connection to close removes the
  // log.
  const std::unique_ptr<DatabaseFile> file_;
  SharedState state_;
  Writer writer_;
  std::unique_ptr<PlainConnection> checkpointer_;
  Reader reader_;
  WorkerThread<WriteOp> writes_;
  WorkerThread<ReadOp> reads_;
  Maintenance maintenance_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteStorage>> OpenSqliteStorage(const std::string& path,
                                                                 const SqliteOptions& options) {
  TWOFOLD_ASSIGN_OR_RETURN(std::unique_ptr<DatabaseFile> file, DatabaseFile::Hold(path));
  if (const std::string warning = file->Warning(); !warning.empty() && options.warn) options.warn(warning);
  absl::StatusOr<Connections> connections = OpenConnections(file->path(), options);
  if (!connections.ok()) return absl::FailedPreconditionError(connections.status().message());
  return std::make_unique<SqliteStorageImpl>(std::move(file), options, *std::move(connections));
}

}  // namespace twofold
