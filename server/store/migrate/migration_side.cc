#include "server/store/migrate/migration_side.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/async.h"
#include "common/status_macros.h"
#include "crypto/system_random.h"
#include "server/store/marker.h"
#include "storage/keys.h"

namespace twofold {
namespace {

constexpr int kPageRecords = 100;

}  // namespace

absl::Status OnSide(absl::string_view side, const absl::Status& status) {
  if (status.ok()) return status;
  return absl::Status(status.code(), absl::StrCat(side, ": ", status.message()));
}

absl::Status MigrationSide::Changed() const {
  return Named(absl::AbortedError("another command or server has changed the store's marker meanwhile"));
}

absl::Status MigrationSide::Read() {
  state_ = StoreState();
  const absl::StatusOr<VersionedBytes> stored = SyncWait(storage_.Get(StoreMarkerKey()));
  if (stored.ok()) {
    absl::StatusOr<internal::v1::StoreMarker> marker = ParseMarker(stored->bytes);
    if (!marker.ok()) return Named(marker.status());
    state_.has_marker = true;
    state_.marker = *std::move(marker);
    state_.version = stored->version;
    state_.holds_records = true;
    return absl::OkStatus();
  }
  if (!IsMissing(stored.status())) return Named(stored.status());
  std::string cursor;
  do {
    // Any page but the last may be empty.
    const absl::StatusOr<ScanPage> page = SyncWait(storage_.Scan(cursor, kPageRecords));
    if (!page.ok()) return Named(page.status());
    state_.holds_records = state_.holds_records || !page->records.empty();
    cursor = page->next_cursor;
  } while (!cursor.empty() && !state_.holds_records);
  return absl::OkStatus();
}

absl::Status MigrationSide::Write(const internal::v1::StoreMarker& marker) {
  if (prepare_ != nullptr) {
    if (const absl::Status prepared = SyncWait(prepare_()); !prepared.ok()) return Named(prepared);
  }
  const Version next = RandomNonZero(random_);
  absl::Status written =
      SyncWait(storage_.Put(StoreMarkerKey(), marker.SerializeAsString(), state_.version, next));
  if (absl::IsUnknown(written)) {
    const absl::StatusOr<VersionedBytes> now_there = SyncWait(storage_.Get(StoreMarkerKey()));
    if (now_there.ok() && now_there->version == next) written = absl::OkStatus();
  }
  if (absl::IsAborted(written)) return Changed();
  if (!written.ok()) return Named(written);
  state_.has_marker = true;
  state_.marker = marker;
  state_.version = next;
  state_.holds_records = true;
  return absl::OkStatus();
}

absl::Status MigrationSide::CheckUnchanged() {
  const absl::StatusOr<VersionedBytes> stored = SyncWait(storage_.Get(StoreMarkerKey()));
  if (!stored.ok() && !IsMissing(stored.status())) return Named(stored.status());
  return stored.ok() && stored->version == state_.version ? absl::OkStatus() : Changed();
}

}  // namespace twofold
