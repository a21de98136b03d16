#ifndef TWOFOLD_SERVER_STORE_MIGRATE_MIGRATE_STORE_H_
#define TWOFOLD_SERVER_STORE_MIGRATE_MIGRATE_STORE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/random.h"
#include "storage/opened_storage.h"
#include "storage/storage.h"

namespace twofold {

enum class MigrationPhase { kCounting, kCopying, kVerifying };

// Receives the progress of a migration, on the thread that called MigrateStore.
class MigrationObserver {
 public:
  virtual ~MigrationObserver() = default;

  // Servers refuse the source from now on. Giving the migration up ends that.
  virtual void Marked() = 0;
  // Returns after `wait`, in which servers notice the marks.
  virtual void Wait(absl::Duration wait) = 0;
  // `total` is 0 while it is not known.
  virtual void Progress(MigrationPhase phase, int64_t done, int64_t total) = 0;
};

struct MigrationOptions {
  // Where the contents go, for the source's marker. Operators read it, so it has no credentials.
  std::string target_name;
  // Whether what the target holds may be removed.
  bool overwrite = false;
  // As in OpenedStorage.
  bool source_excludes_others = false;
  bool target_excludes_others = false;
  PrepareStorage prepare_target = nullptr;
};

struct MigrationReport {
  std::string store_id;
  int64_t records = 0;
  // Of all values.
  int64_t bytes = 0;
  // Of all records, the same on both sides (StoreDigest).
  std::string checksum;
  // Written by this run. The other records were there.
  int64_t written = 0;
  int64_t removed = 0;
  // Goes on with a migration that was interrupted.
  bool resumed = false;
  // The migration was complete before. The target was not read again.
  bool was_complete = false;
};

// Migrates the store in `from` to `to` with everything it holds. Marks both, waits until no server writes,
// copies, reads both sides again and compares them, and hands over. An error or the death of the process may
// end it at any point, and the same call then goes on. At most one of the two is served at any time, and a
// code that was used stays used. Blocks.
//
// FAILED_PRECONDITION, for operators: `from` is no store or was migrated elsewhere, or `to` holds something
// else. Nothing was changed. ABORTED: another command works on one of the stores, or something writes to it.
// DATA_LOSS: the comparison failed. Other errors are the storages'. Each says which side it is about.
absl::StatusOr<MigrationReport> MigrateStore(Storage& from, Storage& to, const MigrationOptions& options,
                                             Random& random, MigrationObserver& observer);

// Lets servers use a source again although it was marked, for a migration that is given up. Its target stays
// refused. A complete migration is left alone unless `even_complete`: codes used at the target would be
// accepted again. Errors are MigrateStore's.
absl::Status AbandonMigration(Storage& from, bool even_complete, Random& random);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_STORE_MIGRATE_MIGRATE_STORE_H_
