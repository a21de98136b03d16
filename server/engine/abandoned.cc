#include "server/engine/abandoned.h"

#include <utility>

#include "server/engine/record.h"
#include "storage/keys.h"

namespace twofold {
namespace {

bool IsAbandoned(const Limits& limits, UnixMillis now, const KeyedBytes& stored) {
  if (stored.key == StoreMarkerKey()) return false;
  absl::StatusOr<internal::v1::SubjectRecord> record = ParseRecord(stored.bytes);
  if (!record.ok()) return false;
  const UnixMillis then = now - kSweepGraceMs;
  Refresh(limits, then, *record);
  return HoldsNothing(*record, then);
}

}  // namespace

Task<absl::StatusOr<std::string>> SweepPage(Storage& storage, const StoreLease& lease, const Limits& limits,
                                            UnixMillis now, std::string cursor, int limit, int64_t& removed) {
  const absl::StatusOr<ScanPage> page = co_await storage.Scan(std::move(cursor), limit);
  if (!page.ok()) co_return page.status();
  for (const KeyedBytes& stored : page->records) {
    if (!IsAbandoned(limits, now, stored)) continue;
    if (!lease.Holds()) co_return absl::UnavailableError("the lease on the store does not hold");
    const absl::Status deleted = co_await storage.Delete(stored.key, stored.version);
    if (deleted.ok()) ++removed;
    // ABORTED: somebody was faster, with a removal or with a renewal.
    if (!deleted.ok() && !absl::IsAborted(deleted)) co_return deleted;
  }
  co_return page->next_cursor;
}

}  // namespace twofold
