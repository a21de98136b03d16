#include "server/store/migrate/copy_records.h"

#include <string>
#include <utility>

#include "common/async.h"
#include "common/status_macros.h"
#include "crypto/system_random.h"
#include "storage/keys.h"

namespace twofold {
namespace {

// All writes of a page are under way at once. Storages turn what arrives together into one commit or batch.
constexpr int kPageRecords = 512;
// For writes whose outcome was not known.
constexpr int kMaxTries = 5;

absl::Status SomebodyWrites() {
  return absl::AbortedError("something else writes to the store: stop it, and run the command again");
}

// Every record gets a new version, as with every write. storage.h promises that a restored record never has a
// version that a caller still holds. With the source's versions, the copy of an older state could bring one
// back, and a write that was decided long ago would succeed.
//
// Returns true when it wrote the record, and false when the record was there.
Task<absl::StatusOr<bool>> CopyRecord(Storage& to, const KeyedBytes& record, Random& random) {
  Version expected = kAbsent;
  for (int tries = 0; tries < kMaxTries; ++tries) {
    const Version next = RandomNonZero(random);
    const absl::Status put = co_await to.Put(record.key, record.bytes, expected, next);
    if (put.ok()) co_return true;
    if (!absl::IsAborted(put) && !absl::IsUnknown(put)) co_return put;
    const absl::StatusOr<VersionedBytes> there = co_await to.Get(record.key);
    if (!there.ok() && !absl::IsNotFound(there.status())) co_return there.status();
    if (there.ok() && there->bytes == record.bytes) co_return there->version == next;
    expected = there.ok() ? there->version : kAbsent;
  }
  co_return SomebodyWrites();
}

// Returns true when it removed the record, and false when the source has the record.
Task<absl::StatusOr<bool>> RemoveIfOther(Storage& from, Storage& to, const KeyedBytes& record) {
  const absl::StatusOr<VersionedBytes> source = co_await from.Get(record.key);
  if (source.ok()) co_return false;
  if (!absl::IsNotFound(source.status())) co_return OnSide("source", source.status());
  Version version = record.version;
  for (int tries = 0; tries < kMaxTries; ++tries) {
    const absl::Status removed = co_await to.Delete(record.key, version);
    if (removed.ok()) co_return true;
    if (!absl::IsAborted(removed) && !absl::IsUnknown(removed)) co_return OnSide("target", removed);
    const absl::StatusOr<VersionedBytes> there = co_await to.Get(record.key);
    if (absl::IsNotFound(there.status())) co_return true;
    if (!there.ok()) co_return OnSide("target", there.status());
    version = there->version;
  }
  co_return OnSide("target", SomebodyWrites());
}

// Runs `work` for all records but the marker at once, on the calling thread, and returns after all have
// ended. Returns how many were true, or the first error.
template <typename Work>
absl::StatusOr<int64_t> ForAll(const std::vector<KeyedBytes>& records, Work work) {
  asio::io_context context;
  InFlight in_flight;
  int64_t count = 0;
  absl::Status first_error;
  const auto done = [&count, &first_error](const absl::StatusOr<bool>& result) {
    if (result.ok()) count += *result ? 1 : 0;
    if (!result.ok() && first_error.ok()) first_error = result.status();
  };
  for (const KeyedBytes& record : records) {
    if (record.key == StoreMarkerKey()) continue;
    Spawn(context.get_executor(), in_flight, work(record), done);
  }
  context.run();
  if (!first_error.ok()) return first_error;
  return count;
}

}  // namespace

absl::StatusOr<int64_t> CopyRecords(MigrationSide& from, MigrationSide& to, Random& random,
                                    const CountProgress& progress) {
  int64_t written = 0;
  int64_t seen = 0;
  std::string cursor;
  do {
    const absl::StatusOr<ScanPage> page = SyncWait(from.storage().Scan(cursor, kPageRecords));
    if (!page.ok()) return from.Named(page.status());
    // Another run may have claimed the target and finished. The target may then be newer than the source.
    TWOFOLD_RETURN_IF_ERROR(to.CheckUnchanged());
    const absl::StatusOr<int64_t> copied = ForAll(page->records, [&to, &random](const KeyedBytes& record) {
      return CopyRecord(to.storage(), record, random);
    });
    if (!copied.ok()) return to.Named(copied.status());
    written += *copied;
    seen += static_cast<int64_t>(page->records.size());
    progress(seen);
    cursor = page->next_cursor;
  } while (!cursor.empty());
  return written;
}

absl::StatusOr<int64_t> RemoveOthers(MigrationSide& from, MigrationSide& to) {
  int64_t removed = 0;
  std::string cursor;
  do {
    const absl::StatusOr<ScanPage> page = SyncWait(to.storage().Scan(cursor, kPageRecords));
    if (!page.ok()) return to.Named(page.status());
    TWOFOLD_RETURN_IF_ERROR(to.CheckUnchanged());
    const absl::StatusOr<int64_t> gone = ForAll(page->records, [&from, &to](const KeyedBytes& record) {
      return RemoveIfOther(from.storage(), to.storage(), record);
    });
    if (!gone.ok()) return gone.status();
    removed += *gone;
    cursor = page->next_cursor;
  } while (!cursor.empty());
  return removed;
}

}  // namespace twofold
