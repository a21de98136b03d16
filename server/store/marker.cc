#include "server/store/marker.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "crypto/random_id.h"
#include "crypto/system_random.h"
#include "storage/keys.h"

namespace twofold {
namespace {

using internal::v1::StoreMarker;

constexpr int kMarkerSchema = 1;
constexpr absl::string_view kCheckText = "twofold key ring check";

absl::Status Refuse(absl::string_view why) { return absl::FailedPreconditionError(why); }

StoreMarker NewMarker(const KeyRing& ring, const Clock& clock, Random& random) {
  StoreMarker marker;
  marker.set_schema(kMarkerSchema);
  marker.set_store_id(RandomId(random));
  marker.set_create_time(clock.Now());
  marker.set_key_check(ring.Seal(Purpose::kCheck, kCheckText, marker.store_id(), random));
  return marker;
}

// Migrations (server/store/migrate/) rely on both conditions. They ensure that servers accept at most one of
// source and target.
absl::Status CheckMayServe(const StoreMarker& marker) {
  if (marker.filling()) {
    return Refuse(
        "the store is not complete: a migration into it is under way or was interrupted (twofold admin "
        "migrate)");
  }
  if (marker.migrated_to().empty()) return absl::OkStatus();
  return Refuse(absl::StrCat(
      marker.migration_complete() ? "the store was migrated to " : "the store is being migrated to ",
      marker.migrated_to()));
}

absl::Status CheckOpens(const StoreMarker& marker, const KeyRing& ring) {
  const uint32_t key_id = KeyRing::KeyIdOf(marker.key_check());
  if (key_id != 0 && !ring.HasKey(key_id)) {
    return Refuse(absl::StrCat("the key ring lacks key ", key_id,
                               ", under which the store's marker is sealed. It is an older key ring, or that "
                               "of another store"));
  }
  const absl::StatusOr<SecretBytes> check = ring.Open(Purpose::kCheck, marker.key_check(), marker.store_id());
  if (check.ok() && check->text() == kCheckText) return absl::OkStatus();
  return Refuse("the key ring is not the one that this store was written with");
}

absl::Status CheckMarker(const StoreMarker& marker, const KeyRing& ring) {
  TWOFOLD_RETURN_IF_ERROR(CheckMayServe(marker));
  return CheckOpens(marker, ring);
}

Task<absl::Status> Prepare(const PrepareStorage& prepare) {
  if (prepare == nullptr) co_return absl::OkStatus();
  co_return co_await prepare();
}

}  // namespace

bool IsMissing(const absl::Status& status) { return absl::IsNotFound(status) || absl::IsDataLoss(status); }

Task<absl::StatusOr<bool>> HoldsRecords(Storage& storage) {
  constexpr int kPageSize = 100;
  std::string cursor;
  do {
    // Any page but the last may be empty.
    const absl::StatusOr<ScanPage> page = co_await storage.Scan(cursor, kPageSize);
    if (!page.ok()) co_return page.status();
    if (!page->records.empty()) co_return true;
    cursor = page->next_cursor;
  } while (!cursor.empty());
  co_return false;
}

absl::StatusOr<StoreMarker> ParseMarker(const std::string& bytes) {
  StoreMarker marker;
  if (!marker.ParseFromString(bytes) || marker.schema() < 1)
    return Refuse("the store's marker cannot be read");
  if (marker.schema() > kMarkerSchema) return Refuse("the store was written by a newer release");
  return marker;
}

Task<absl::StatusOr<StoreIdentity>> OpenStore(Storage& storage, const KeyRing& ring, const Clock& clock,
                                              Random& random, PrepareStorage prepare) {
  const absl::StatusOr<VersionedBytes> stored = co_await storage.Get(StoreMarkerKey());
  if (stored.ok()) {
    const absl::StatusOr<StoreMarker> marker = ParseMarker(stored->bytes);
    if (!marker.ok()) co_return marker.status();
    const absl::Status fits = CheckMarker(*marker, ring);
    if (!fits.ok()) co_return fits;
    const absl::Status prepared = co_await Prepare(prepare);
    if (!prepared.ok()) co_return prepared;
    StoreIdentity known;
    known.store_id = marker->store_id();
    co_return known;
  }
  if (!IsMissing(stored.status())) co_return stored.status();

  const absl::StatusOr<bool> holds_records = co_await HoldsRecords(storage);
  if (!holds_records.ok()) co_return holds_records.status();
  if (*holds_records) {
    // What was found may be the marker of another server that has just begun the same store.
    const absl::StatusOr<VersionedBytes> begun = co_await storage.Get(StoreMarkerKey());
    if (begun.ok()) {
      auto again = OpenStore(storage, ring, clock, random, prepare);
      co_return co_await std::move(again);
    }
    co_return Refuse(
        "the store holds records but no marker: it is not a store of this service, or was damaged");
  }
  const absl::Status prepared = co_await Prepare(prepare);
  if (!prepared.ok()) co_return prepared;
  const StoreMarker marker = NewMarker(ring, clock, random);
  const Version version = RandomNonZero(random);
  std::string bytes = marker.SerializeAsString();
  const absl::Status written = co_await storage.Put(StoreMarkerKey(), std::move(bytes), kAbsent, version);
  // Another server may have been first: then its marker counts.
  if (absl::IsAborted(written)) {
    auto again = OpenStore(storage, ring, clock, random, prepare);
    co_return co_await std::move(again);
  }
  if (!written.ok()) co_return written;
  StoreIdentity fresh;
  fresh.store_id = marker.store_id();
  fresh.is_new = true;
  co_return fresh;
}

Task<absl::Status> CheckKeyRing(Storage& storage, const KeyRing& ring) {
  const absl::StatusOr<VersionedBytes> stored = co_await storage.Get(StoreMarkerKey());
  if (IsMissing(stored.status())) co_return Refuse("the store has no marker");
  if (!stored.ok()) co_return stored.status();
  const absl::StatusOr<StoreMarker> marker = ParseMarker(stored->bytes);
  if (!marker.ok()) co_return marker.status();
  co_return CheckOpens(*marker, ring);
}

Task<absl::StatusOr<uint32_t>> SealMarkerAgain(Storage& storage, const KeyRing& ring, Random& random,
                                               bool dry_run) {
  const absl::StatusOr<VersionedBytes> stored = co_await storage.Get(StoreMarkerKey());
  if (IsMissing(stored.status())) co_return Refuse("the store has no marker");
  if (!stored.ok()) co_return stored.status();
  absl::StatusOr<StoreMarker> marker = ParseMarker(stored->bytes);
  if (!marker.ok()) co_return marker.status();
  const absl::Status fits = CheckMarker(*marker, ring);
  if (!fits.ok()) co_return fits;
  if (dry_run || ring.SealedByPrimary(marker->key_check())) co_return KeyRing::KeyIdOf(marker->key_check());
  marker->set_key_check(ring.Seal(Purpose::kCheck, kCheckText, marker->store_id(), random));
  const Version next = RandomNonZero(random);
  std::string bytes = marker->SerializeAsString();
  const absl::Status written =
      co_await storage.Put(StoreMarkerKey(), std::move(bytes), stored->version, next);
  if (!written.ok()) co_return written;
  co_return ring.primary_key_id();
}

Task<absl::Status> CheckStore(Storage& storage, const std::string& store_id) {
  const absl::StatusOr<VersionedBytes> stored = co_await storage.Get(StoreMarkerKey());
  if (IsMissing(stored.status())) {
    co_return Refuse("the store lost its marker: it was emptied, or is another one");
  }
  if (!stored.ok()) co_return stored.status();
  const absl::StatusOr<StoreMarker> marker = ParseMarker(stored->bytes);
  if (!marker.ok()) co_return marker.status();
  if (marker->store_id() != store_id) co_return Refuse("the store is another one than at start");
  co_return CheckMayServe(*marker);
}

Task<absl::StatusOr<std::string>> SwapRelyingPartyId(Storage& storage, Random& random, std::string rp_id) {
  const absl::StatusOr<VersionedBytes> stored = co_await storage.Get(StoreMarkerKey());
  if (!stored.ok()) co_return stored.status();
  absl::StatusOr<StoreMarker> marker = ParseMarker(stored->bytes);
  if (!marker.ok()) co_return marker.status();
  std::string before = marker->webauthn_rp_id();
  if (before == rp_id) co_return before;
  marker->set_webauthn_rp_id(std::move(rp_id));
  const Version next = RandomNonZero(random);
  const absl::Status written =
      co_await storage.Put(StoreMarkerKey(), marker->SerializeAsString(), stored->version, next);
  if (!written.ok()) co_return written;
  co_return before;
}

}  // namespace twofold
