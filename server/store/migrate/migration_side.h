#ifndef TWOFOLD_SERVER_STORE_MIGRATE_MIGRATION_SIDE_H_
#define TWOFOLD_SERVER_STORE_MIGRATE_MIGRATION_SIDE_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/random.h"
#include "server/store/migrate/migration_plan.h"
#include "storage/opened_storage.h"
#include "storage/storage.h"

// Reading and writing the markers of a migration. All block.

namespace twofold {

// `status` with the side that it is about in front: "source", "target".
absl::Status OnSide(absl::string_view side, const absl::Status& status);

// One side of a migration: its storage, and what is known of its marker.
class MigrationSide {
 public:
  // `prepare` runs before each Write.
  MigrationSide(absl::string_view name, Storage& storage, Random& random, PrepareStorage prepare = nullptr)
      : name_(name), storage_(storage), random_(random), prepare_(std::move(prepare)) {}

  Storage& storage() { return storage_; }
  const StoreState& state() const { return state_; }
  absl::Status Named(const absl::Status& status) const { return OnSide(name_, status); }

  absl::Status Read();
  // Replaces the marker that is known. ABORTED when it is another one by now.
  absl::Status Write(const internal::v1::StoreMarker& marker);
  // ABORTED when the marker is not the one that is known.
  absl::Status CheckUnchanged();

 private:
  absl::Status Changed() const;

  const absl::string_view name_;
  Storage& storage_;
  Random& random_;
  const PrepareStorage prepare_;
  StoreState state_;
};

}  // namespace twofold

#endif  // TWOFOLD_SERVER_STORE_MIGRATE_MIGRATION_SIDE_H_
