#include "storage/sqlite/writer.h"

#include <sqlite3.h>

#include "absl/strings/str_cat.h"
#include "common/loop_iteration.h"
#include "common/status_macros.h"
#include "storage/sqlite/checkpoint.h"

namespace twofold {
namespace {

// How long the writer waits for readers before it starts the log anew. Only an outside tool reads
// for longer. Then the log grows, and writes go on.
constexpr int kRestartWaitMs = 100;
// Enough for the inner pages of a table with some millions of records, beside as many leaves.
constexpr int64_t kInnerPagesBytes = int64_t{32} << 20;
// SQLite's data versions are positive.
constexpr int64_t kNoDataVersion = 0;

void Bind(SQLite::Statement& statement, int index, const std::string& bytes) {
  statement.bindNoCopy(index, bytes.data(), static_cast<int>(bytes.size()));
}

void Bind(SQLite::Statement& statement, int index, Version version) {
  statement.bind(index, static_cast<int64_t>(version));
}

bool IsInsert(const WriteOp& op) { return op.kind == WriteOp::Kind::kPut && op.expected == kAbsent; }

// Binds everything but the row.
SQLite::Statement& Prepare(WriterConnection& connection, const WriteOp& op) {
  SQLite::Statement& statement = op.kind == WriteOp::Kind::kDelete ? connection.erase
                                 : IsInsert(op)                    ? connection.insert
                                                                   : connection.update;
  Bind(statement, 2, op.key);
  Bind(statement, 3, op.expected);
  if (op.kind == WriteOp::Kind::kPut) {
    Bind(statement, 4, op.next);
    Bind(statement, 5, op.bytes);
  }
  return statement;
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
      // A conflict was certainly not written, whatever the outcome of the batch.
      const absl::Status not_done = absl::UnavailableError(whole.message());
      for (absl::Status& result : results) result = absl::IsAborted(result) ? not_done : whole;
    }
    for (size_t i = 0; i < batch.size(); ++i) Cache(batch[i], results[i]);
  }
  for (size_t i = 0; i < batch.size(); ++i) std::move(batch[i].done)(std::move(results[i]));
  // The answers must not wait until the log has been emptied.
  LoopIteration::WakeNow();
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
    // From now on readers may see the new versions.
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
  DropStaleCache();
  int64_t written = 0;
  for (size_t i = 0; i < batch.size(); ++i) {
    const absl::StatusOr<Effect> effect = Apply(batch[i]);
    if (!effect.ok()) return effect.status();
    if (*effect == Effect::kConflict) results[i] = absl::AbortedError("the record has another version");
    if (*effect == Effect::kNoRow) results[i] = absl::UnavailableError("no row is free for the record");
    if (*effect == Effect::kWritten) ++written;
  }
  return written;
}

// An outside tool may have written to the file, although it should not.
void Writer::DropStaleCache() {
  SQLite::Statement& query = connection_->data_version;
  const int64_t before = std::exchange(
      data_version_, query.tryExecuteStep() == SQLITE_ROW ? query.getColumn(0).getInt64() : kNoDataVersion);
  query.tryReset();
  if (data_version_ != before || data_version_ == kNoDataVersion) state_.cache.Clear();
}

absl::StatusOr<Writer::Effect> Writer::Apply(const WriteOp& op) {
  if (op.kind == WriteOp::Kind::kProbe) return Probe();
  try {
    if (IsInsert(op)) {
      TWOFOLD_ASSIGN_OR_RETURN(const bool exists, Exists(op.key));
      if (exists) return Effect::kConflict;
    }
    SQLite::Statement& statement = Prepare(*connection_, op);
    const int64_t first = connection_->rows.FirstRow(op.key);
    for (int64_t row = first; row < first + RowHash::kRowsPerKey; ++row) {
      statement.bind(1, row);
      if (RunToEnd(statement) != SQLITE_DONE) return SqliteError(connection_->db, "writing");
      if (connection_->db.getChanges() > 0) return Effect::kWritten;
    }
    return IsInsert(op) ? Effect::kNoRow : Effect::kConflict;
  } catch (const SQLite::Exception& e) {
    return absl::UnavailableError(absl::StrCat("writing: ", e.what()));
  }
}

absl::StatusOr<Writer::Effect> Writer::Probe() {
  if (state_.last_write().ok()) return Effect::kNone;
  if (RunToEnd(connection_->probe) != SQLITE_DONE) return SqliteError(connection_->db, "writing");
  return Effect::kWritten;
}

absl::StatusOr<bool> Writer::Exists(const std::string& key) {
  SQLite::Statement& find = connection_->find;
  const int64_t first = connection_->rows.FirstRow(key);
  find.bind(1, first);
  find.bind(2, first + RowHash::kRowsPerKey - 1);
  Bind(find, 3, key);
  const int code = find.tryExecuteStep();
  find.tryReset();
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return SqliteError(connection_->db, "writing");
}

absl::Status Writer::Commit(int64_t written) {
  const int code = RunToEnd(connection_->commit);
  if (code == SQLITE_DONE) {
    if (written > 0) ++state_.counters.commits;
    state_.counters.writes += written;
    return absl::OkStatus();
  }
  absl::Status error = SqliteError(connection_->db, "committing");
  // SQLITE_FULL means that the log's file did not accept a write. So the frame that marks the
  // commit is incomplete, no recovery will find it, and reads may go on. Any other error may come
  // after that frame.
  if ((code & 0xff) == SQLITE_FULL && RollBack()) return error;
  state_.Refuse(absl::UnavailableError(
      absl::StrCat("the database is being re-opened after an error; ", error.message())));
  return absl::UnknownError(error.message());
}

// False: the connection is not usable any more.
bool Writer::RollBack() {
  // Some errors make SQLite roll back by itself.
  if (sqlite3_get_autocommit(connection_->db.getHandle()) == 0) RunToEnd(connection_->rollback);
  return sqlite3_get_autocommit(connection_->db.getHandle()) != 0;
}

// Writes to a file that has lost its name are lost with the process.
absl::Status Writer::CheckInPlace() {
  int moved = 0;
  sqlite3_file_control(connection_->db.getHandle(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  if (moved == 0) return absl::OkStatus();
  absl::Status error =
      absl::UnavailableError("the database file was moved, replaced or deleted while in use");
  state_.set_last_write(error);
  return error;
}

// The page cache is worth its memory on this connection only: other connections drop their pages
// after each commit of this one. If the size of the file cannot be read, the cache stays as it was.
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

// Keeps the log from growing without bound. The maintenance thread copies it into the database in
// the background, but under steady load it never catches up. At the limit the writer runs the
// checkpoint itself, so that the next commit starts the log from its beginning.
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
  // After a failure the next attempt waits until the log has grown further.
  restart_at_ = pages + max_wal_pages_ / 4;
}

}  // namespace twofold
