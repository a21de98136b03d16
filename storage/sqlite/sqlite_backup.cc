#include "storage/sqlite/sqlite_backup.h"

#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "storage/sqlite/database_file.h"
#include "storage/sqlite/new_file.h"
#include "storage/sqlite/schema.h"
#include "storage/sqlite/system_error.h"

namespace twofold {
namespace {

constexpr int kBusyWaitMs = 2000;
// 4 MiB between two reports of progress.
constexpr int kPagesAtOnce = 4096;

absl::string_view Explain(int code) {
  switch (code & 0xff) {
    case SQLITE_NOTADB:
      return " (it is not a SQLite database, or its beginning is damaged)";
    case SQLITE_CORRUPT:
      return " (it is damaged)";
    case SQLITE_BUSY:
      return " (another program holds a lock on it)";
    default:
      return "";
  }
}

absl::Status OfException(absl::string_view path, const SQLite::Exception& e) {
  const std::string system = SystemError();
  return OfDatabase(path, absl::StrCat(e.what(), ", SQLite code ", e.getExtendedErrorCode(),
                                       Explain(e.getErrorCode()), system.empty() ? "" : ", ", system));
}

// Turns an exception of SQLiteCpp that `body` throws into an error of the file at `path`.
template <typename Body>
absl::Status About(const std::string& path, Body body) {
  ForgetSystemError();
  try {
    return body();
  } catch (const SQLite::Exception& e) {
    return OfException(path, e);
  }
}

absl::Status OpenSource(const std::string& path, std::unique_ptr<SQLite::Database>& source) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0) return OfDatabase(path, std::strerror(errno));
  if (!S_ISREG(info.st_mode)) return OfDatabase(path, "is not a regular file");
  TWOFOLD_RETURN_IF_ERROR(CheckOneName(path, info));
  source =
      std::make_unique<SQLite::Database>(path, SQLite::OPEN_READONLY | SQLite::OPEN_NOMUTEX, kBusyWaitMs);
  source->exec("PRAGMA trusted_schema = OFF");
  source->exec("PRAGMA cell_size_check = ON");
  // Held until the end. Otherwise each write of the server would make the copy begin again.
  source->exec("BEGIN");
  if (absl::Status ours = CheckSchema(*source, Migrations().size()); !ours.ok())
    return OfDatabase(path, ours.message());
  if (source->execAndGet("PRAGMA user_version").getInt() == 0)
    return OfDatabase(path, "is empty, or not a SQLite database");
  return absl::OkStatus();
}

absl::Status CopyPages(SQLite::Database& source, SQLite::Database& target, const std::string& to,
                       const std::function<void(int64_t, int64_t)>& progress) {
  SQLite::Backup backup(target, source);
  int code = SQLITE_OK;
  while (code == SQLITE_OK) {
    code = backup.executeStep(kPagesAtOnce);
    const int64_t total = backup.getTotalPageCount();
    progress(total - backup.getRemainingPageCount(), total);
  }
  if (code == SQLITE_DONE) return absl::OkStatus();
  const std::string system = SystemError();
  return OfDatabase(to, absl::StrCat(sqlite3_errstr(code), ", SQLite code ", code, Explain(code),
                                     system.empty() ? "" : ", ", system));
}

absl::Status CheckCopy(SQLite::Database& target, const std::string& path, SqliteBackup& result) {
  // Makes the copy a single file. A server turns the log on again.
  if (target.execAndGet("PRAGMA journal_mode = DELETE").getString() != "delete") {
    return OfDatabase(path, "the log of the copy cannot be turned off");
  }
  const std::string verdict = target.execAndGet("PRAGMA integrity_check(1)").getString();
  if (verdict != "ok") return OfDatabase(path, absl::StrCat("is damaged: ", verdict));
  result.records = target.execAndGet("SELECT count(*) FROM record").getInt64();
  return absl::OkStatus();
}

absl::Status WriteCopy(std::unique_ptr<SQLite::Database> source, const std::string& part,
                       const std::string& path, const std::string& to,
                       const std::function<void(int64_t, int64_t)>& progress, SqliteBackup& result) {
  SQLite::Database target(part, SQLite::OPEN_READWRITE | SQLite::OPEN_NOMUTEX);
  // A part that a crash leaves behind is worthless, so nothing need be recovered. NewFile syncs the
  // complete file.
  target.exec("PRAGMA journal_mode = OFF");
  target.exec("PRAGMA synchronous = OFF");
  TWOFOLD_RETURN_IF_ERROR(CopyPages(*source, target, to, progress));
  // The check reads every page, and must not keep the server's log from being restarted.
  source.reset();
  return CheckCopy(target, path, result);
}

}  // namespace

absl::StatusOr<SqliteBackup> BackUpSqlite(const std::string& path, const std::string& to,
                                          const std::function<void(int64_t, int64_t)>& progress) {
  std::unique_ptr<SQLite::Database> source;
  const auto open = [&] { return OpenSource(path, source); };
  TWOFOLD_RETURN_IF_ERROR(About(path, open));
  TWOFOLD_ASSIGN_OR_RETURN(const std::unique_ptr<NewFile> file, NewFile::Create(to));
  SqliteBackup result;
  const auto write = [&] {
    return WriteCopy(std::move(source), file->part_path(), path, to, progress, result);
  };
  TWOFOLD_RETURN_IF_ERROR(About(to, write));
  TWOFOLD_RETURN_IF_ERROR(file->Publish());
  struct stat info;
  if (stat(to.c_str(), &info) == 0) result.bytes = info.st_size;
  return result;
}

}  // namespace twofold
