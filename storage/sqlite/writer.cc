#include "storage/sqlite/writer.h"

#include <sqlite3.h>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "common/turn.h"
#include "storage/sqlite/checkpoint.h"

namespace twofold {
namespace {

// A reader that does not finish within this time, an outside tool, keeps the log from being restarted; writes
// go on.
constexpr int kRestartWaitMs = 100;
// Enough for the inner pages of some millions of records.
constexpr int64_t kInnerPagesBytes = int64_t{8} << 20;
// SQLite's are positive.
constexpr int64_t kNoDataVersion = 0;

void Bind(SQLite::Statement& statement, int index, const std::string& bytes) {
  statement.bindNoCopy(index, bytes.data(), static_cast<int>(bytes.size()));
}

void Bind(SQLite::Statement& statement, int index, Version version) {
  statement.bind(index, static_cast<int64_t>(version));
}

// `row`: where the record probably is; 0: not known.
SQLite::Statement& Prepare(WriterConnection& connection, const WriteOp& op, int64_t row) {
  if (op.kind == WriteOp::Kind::kProbe) return connection.probe;
  if (op.kind == WriteOp::Kind::kDelete) {
    Bind(connection.erase, 1, op.key);
    Bind(connection.erase, 2, op.expected);
    return connection.erase;
  }
  SQLite::Statement& put = op.expected == kAbsent ? connection.insert
                           : row == 0             ? connection.update
                                                  : connection.update_row;
  Bind(put, 1, op.key);
  Bind(put, 2, op.next);
  Bind(put, 3, op.bytes);
  if (op.expected != kAbsent) Bind(put, 4, op.expected);
  if (&put == &connection.update_row) put.bind(5, row);
  return put;
}

int CountLogPages(void* pages, sqlite3*, const char*, int in_log) {
  *static_cast<std::atomic<int64_t>*>(pages) = in_log;
  return SQLITE_OK;
}

}  // namespace

void Writer::Connect(std::unique_ptr<WriterConnection> connection) {
  absl::MutexLock lock(&mutex_);
  if (connection_ != nullptr && state_.needs_log) {
    sqlite3_db_config(connection_->db.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  }
  connection_ = std::move(connection);
  data_version_ = kNoDataVersion;
  state_.cache.Clear();
  if (connection_ == nullptr) return;
  checkpoint_pages_ = checkpoint_bytes_ / connection_->page_size;
  max_wal_pages_ = max_wal_bytes_ / connection_->page_size;
  checkpoint_requested_at_ = 0;
  restart_at_ = max_wal_pages_;
  state_.counters.page_cache_bytes = 0;
  FitPageCache();
  sqlite3_wal_hook(connection_->db.getHandle(), &CountLogPages, &state_.counters.wal_pages);
}

void Writer::Handle(std::vector<WriteOp> batch) {
  std::vector<absl::Status> results(batch.size());
  {
    absl::MutexLock lock(&mutex_);
    const absl::Status whole = Run(batch, results);
    if (!whole.ok()) {
      // A conflict was certainly not written, whatever became of the others.
      const absl::Status not_done = absl::UnavailableError(whole.message());
      for (absl::Status& result : results) result = absl::IsAborted(result) ? not_done : whole;
    }
    for (size_t i = 0; i < batch.size(); ++i) Cache(batch[i], results[i]);
  }
  for (size_t i = 0; i < batch.size(); ++i) std::move(batch[i].done)(std::move(results[i]));
  // Their answers are not to wait for the log to be emptied.
  Turn::WakeNow();
  absl::MutexLock lock(&mutex_);
  if (connection_ != nullptr && state_.Usable().ok()) BoundLog();
}

void Writer::Cache(const WriteOp& op, const absl::Status& result) {
  if (op.kind == WriteOp::Kind::kPut && result.ok()) {
    state_.cache.Store(op.key, op.next, op.bytes);
  } else if (op.kind != WriteOp::Kind::kProbe) {
    state_.cache.Erase(op.key);
  }
}

absl::Status Writer::Run(const std::vector<WriteOp>& batch, std::vector<absl::Status>& results) {
  TWOFOLD_RETURN_IF_ERROR(state_.Usable());
  TWOFOLD_RETURN_IF_ERROR(CheckInPlace());
  const absl::StatusOr<int64_t> written = Apply(batch, results);
  absl::Status outcome = written.status();
  if (outcome.ok()) {
    // From now on the reader may see it.
    for (const WriteOp& op : batch) state_.cache.Withhold(op.key);
    outcome = Commit(*written);
  } else if (!RollBack()) {
    state_.Refuse(outcome);
  }
  if (!outcome.ok()) ++state_.counters.failed_batches;
  if (!outcome.ok() || *written > 0) state_.set_last_write(outcome);
  return outcome;
}

absl::StatusOr<int64_t> Writer::Apply(const std::vector<WriteOp>& batch, std::vector<absl::Status>& results) {
  if (RunToEnd(connection_->begin) != SQLITE_DONE)
    return SqliteError(connection_->db, "beginning a transaction");
  ForgetWhatOthersChanged();
  int64_t written = 0;
  for (size_t i = 0; i < batch.size(); ++i) {
    const absl::StatusOr<Effect> effect = Apply(batch[i]);
    if (!effect.ok()) return effect.status();
    if (*effect == Effect::kConflict) results[i] = absl::AbortedError("the record has another version");
    if (*effect == Effect::kWritten) ++written;
  }
  return written;
}

// An outside tool may write to the file, however wrong that is.
void Writer::ForgetWhatOthersChanged() {
  SQLite::Statement& query = connection_->data_version;
  const int64_t before = std::exchange(
      data_version_, query.tryExecuteStep() == SQLITE_ROW ? query.getColumn(0).getInt64() : kNoDataVersion);
  query.tryReset();
  if (data_version_ != before || data_version_ == kNoDataVersion) state_.cache.Clear();
}

absl::StatusOr<Writer::Effect> Writer::Apply(const WriteOp& op) {
  // While writes succeed, a probe need not.
  if (op.kind == WriteOp::Kind::kProbe && state_.last_write().ok()) return Effect::kNone;
  const int64_t row = op.kind == WriteOp::Kind::kPut && op.expected != kAbsent ? state_.rows.Find(op.key) : 0;
  absl::StatusOr<Effect> effect = Apply(op, row);
  // It may be another row by now.
  if (row != 0 && effect.ok() && *effect == Effect::kConflict) effect = Apply(op, 0);
  if (op.kind == WriteOp::Kind::kPut && effect.ok() && *effect == Effect::kWritten) {
    state_.rows.Store(op.key, connection_->last_row);
  }
  return effect;
}

absl::StatusOr<Writer::Effect> Writer::Apply(const WriteOp& op, int64_t row) {
  try {
    SQLite::Statement& statement = Prepare(*connection_, op, row);
    if (RunToEnd(statement) != SQLITE_DONE) return SqliteError(connection_->db, "writing");
    if (op.kind == WriteOp::Kind::kProbe) return Effect::kWritten;
    const bool changed = connection_->db.getChanges() > 0;
    statement.clearBindings();
    return changed ? Effect::kWritten : Effect::kConflict;
  } catch (const SQLite::Exception& e) {
    return absl::UnavailableError(absl::StrCat("writing: ", e.what()));
  }
}

absl::Status Writer::Commit(int64_t written) {
  const int code = RunToEnd(connection_->commit);
  if (code == SQLITE_DONE) {
    if (written > 0) ++state_.counters.commits;
    state_.counters.writes += written;
    return absl::OkStatus();
  }
  absl::Status error = SqliteError(connection_->db, "committing");
  // SQLITE_FULL comes from a write that the log's file did not take, so the frame that marks the commit is
  // not complete and no recovery will find it; reads may go on. Any other error may come after it.
  if ((code & 0xff) == SQLITE_FULL && RollBack()) return error;
  state_.Refuse(absl::UnavailableError(
      absl::StrCat("the database is being re-opened after an error; ", error.message())));
  return absl::UnknownError(error.message());
}

// False when the connection is in no state to go on.
bool Writer::RollBack() {
  // Some errors make SQLite roll back by itself.
  if (sqlite3_get_autocommit(connection_->db.getHandle()) == 0) RunToEnd(connection_->rollback);
  return sqlite3_get_autocommit(connection_->db.getHandle()) != 0;
}

// What is written to a file that has lost its name is lost with the process.
absl::Status Writer::CheckInPlace() {
  int moved = 0;
  sqlite3_file_control(connection_->db.getHandle(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  if (moved == 0) return absl::OkStatus();
  absl::Status error =
      absl::UnavailableError("the database file was moved, replaced or deleted while in use");
  state_.set_last_write(error);
  return error;
}

// Other connections drop their pages after each commit of this one, which keeps its own. If it cannot be told
// how large the file is, everything stays as it was.
void Writer::FitPageCache() {
  SQLite::Statement& query = connection_->page_count;
  const int64_t pages = query.tryExecuteStep() == SQLITE_ROW ? query.getColumn(0).getInt64() : 0;
  query.tryReset();
  if (pages == 0) return;
  const bool whole = pages * connection_->page_size <= whole_file_bytes_;
  const int64_t bytes = whole ? whole_file_bytes_ : kInnerPagesBytes;
  if (bytes == state_.counters.page_cache_bytes) return;
  const std::string sql = absl::StrCat("PRAGMA cache_size = ", bytes / connection_->page_size);
  if (connection_->db.tryExec(sql) == SQLITE_OK) state_.counters.page_cache_bytes = bytes;
}

// The checkpoint thread empties the log beside the writer, but under steady load never quite; then the writer
// waits for it once, so that the next commit starts the log from its beginning.
void Writer::BoundLog() {
  const int64_t pages = state_.counters.wal_pages;
  if (pages < checkpoint_requested_at_) checkpoint_requested_at_ = 0;
  if (pages < restart_at_) {
    if (pages < max_wal_pages_) restart_at_ = max_wal_pages_;
    if (pages - checkpoint_requested_at_ < checkpoint_pages_) return;
    checkpoint_requested_at_ = pages;
    FitPageCache();
    state_.RequestCheckpoint();
    return;
  }
  sqlite3* handle = connection_->db.getHandle();
  sqlite3_busy_timeout(handle, kRestartWaitMs);
  const int code = Checkpoint(*connection_->plain, SQLITE_CHECKPOINT_RESTART, state_);
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  if (code == SQLITE_OK) ++state_.counters.wal_restarts;
  // If it did not work, not again after every commit.
  restart_at_ = pages + max_wal_pages_ / 4;
}

}  // namespace twofold
