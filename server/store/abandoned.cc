#include "server/store/abandoned.h"

#include <utility>

#include "server/rules/record.h"
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
    // A record that could not be removed waits for the next pass.
    if (deleted.ok()) ++removed;
  }
  co_return page->next_cursor;
}

}  // namespace twofold
