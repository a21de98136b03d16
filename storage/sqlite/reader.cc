#include "storage/sqlite/reader.h"

#include <sqlite3.h>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/status_macros.h"
#include "storage/arguments.h"

namespace twofold {
namespace {

constexpr absl::string_view kCursorPrefix = "r";

std::string Blob(const SQLite::Column& column) {
  const void* bytes = column.getBlob();
  const auto size = static_cast<size_t>(column.getBytes());
  return size == 0 ? std::string() : std::string(static_cast<const char*>(bytes), size);
}

Version VersionIn(const SQLite::Column& column) { return static_cast<Version>(column.getInt64()); }

absl::Status BindingFailed(const SQLite::Exception& e) {
  return absl::UnavailableError(absl::StrCat("reading: ", e.what()));
}

}  // namespace

absl::StatusOr<int64_t> RowBefore(absl::string_view cursor) {
  if (cursor.empty()) return -1;
  absl::string_view number = cursor;
  int64_t row = 0;
  if (!absl::ConsumePrefix(&number, kCursorPrefix) || !absl::SimpleAtoi(number, &row) || row < 0 ||
      absl::StrCat(kCursorPrefix, row) != cursor) {
    return absl::InvalidArgumentError("cursor is not one that a scan returned");
  }
  return row;
}

void Reader::Connect(std::unique_ptr<ReaderConnection> connection) {
  absl::MutexLock lock(&mutex_);
  connection_ = std::move(connection);
}

void Reader::Handle(std::vector<ReadOp> batch) {
  absl::MutexLock lock(&mutex_);
  const absl::Status begun = Begin();
  for (ReadOp& op : batch) {
    if (auto* get = std::get_if<GetOp>(&op)) {
      std::move(get->done)(begun.ok() ? Get(get->key) : begun);
    } else if (auto* scan = std::get_if<ScanOp>(&op)) {
      std::move(scan->done)(begun.ok() ? Scan(scan->after, scan->limit) : begun);
    } else if (auto* probe = std::get_if<ReadProbeOp>(&op)) {
      std::move(probe->done)(begun.ok() ? Probe() : begun);
    }
  }
  if (begun.ok()) RunToEnd(connection_->end);
}

// The first read of the batch takes the snapshot that all its reads see.
absl::Status Reader::Begin() {
  TWOFOLD_RETURN_IF_ERROR(state_.Usable());
  // An error in the batch before may have left a transaction open, whose snapshot is too old.
  if (sqlite3_get_autocommit(connection_->db.getHandle()) == 0) RunToEnd(connection_->end);
  if (RunToEnd(connection_->begin) == SQLITE_DONE) return absl::OkStatus();
  return SqliteError(connection_->db, "beginning to read");
}

absl::StatusOr<VersionedBytes> Reader::Get(const std::string& key) {
  SQLite::Statement& get = connection_->get;
  const absl::Cleanup reset = [&get] { get.tryReset(); };
  try {
    const int64_t first = connection_->rows.FirstRow(key);
    get.bind(1, first);
    get.bind(2, first + RowHash::kRowsPerKey - 1);
    get.bindNoCopy(3, key.data(), static_cast<int>(key.size()));
    const int code = get.tryExecuteStep();
    if (code == SQLITE_DONE) return absl::NotFoundError("no such record");
    if (code != SQLITE_ROW) return SqliteError(connection_->db, "reading");
    VersionedBytes found;
    found.version = VersionIn(get.getColumn(0));
    found.bytes = Blob(get.getColumn(1));
    return found;
  } catch (const SQLite::Exception& e) {
    return BindingFailed(e);
  }
}

absl::StatusOr<ScanPage> Reader::Scan(int64_t after, int limit) {
  SQLite::Statement& scan = connection_->scan;
  const absl::Cleanup reset = [&scan] { scan.tryReset(); };
  try {
    scan.bind(1, after);
    // One record more than asked for tells whether there is a next page.
    scan.bind(2, limit + 1);
    ScanPage page;
    size_t page_bytes = 0;
    int64_t last = 0;
    int code = scan.tryExecuteStep();
    while (code == SQLITE_ROW && page.records.size() < static_cast<size_t>(limit) &&
           page_bytes < kMaxPageBytes) {
      KeyedBytes record;
      last = scan.getColumn(0).getInt64();
      record.key = Blob(scan.getColumn(1));
      record.version = VersionIn(scan.getColumn(2));
      record.bytes = Blob(scan.getColumn(3));
      page_bytes += record.bytes.size();
      page.records.push_back(std::move(record));
      code = scan.tryExecuteStep();
    }
    if (code != SQLITE_ROW && code != SQLITE_DONE) return SqliteError(connection_->db, "scanning");
    if (code == SQLITE_ROW) page.next_cursor = absl::StrCat(kCursorPrefix, last);
    return page;
  } catch (const SQLite::Exception& e) {
    return BindingFailed(e);
  }
}

absl::Status Reader::Probe() {
  const int code = connection_->probe.tryExecuteStep();
  absl::Status status = code == SQLITE_ROW ? absl::OkStatus() : SqliteError(connection_->db, "reading");
  connection_->probe.tryReset();
  return status;
}

}  // namespace twofold
