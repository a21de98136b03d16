#include "server/store/migrate/migrate_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "crypto/random_id.h"
#include "server/store/lease.h"
#include "server/store/migrate/copy_records.h"
#include "server/store/migrate/migration_plan.h"
#include "server/store/migrate/migration_side.h"
#include "server/store/migrate/store_digest.h"

namespace twofold {
namespace {

class Migration {
 public:
  Migration(Storage& from, Storage& to, const MigrationOptions& options, Random& random,
            MigrationObserver& observer)
      : options_(options),
        random_(random),
        observer_(observer),
        from_("source", from, random),
        to_("target", to, random, options.prepare_target) {}

  absl::StatusOr<MigrationReport> Run() {
    TWOFOLD_RETURN_IF_ERROR(from_.Read());
    TWOFOLD_RETURN_IF_ERROR(to_.Read());
    TWOFOLD_ASSIGN_OR_RETURN(const MigrationStep step,
                             PlanMigration(from_.state(), to_.state(), options_.overwrite));
    report_.store_id = from_.state().marker.store_id();
    report_.was_complete = step == MigrationStep::kNothingLeft;
    report_.resumed = step == MigrationStep::kResume;
    if (step == MigrationStep::kNothingLeft) {
      TWOFOLD_ASSIGN_OR_RETURN(const StoreDigest migrated, Digest(from_, MigrationPhase::kCounting, 0, 0));
      Note(migrated);
      return report_;
    }
    TWOFOLD_RETURN_IF_ERROR(Mark(step));
    TWOFOLD_RETURN_IF_ERROR(CopyAndVerify());
    TWOFOLD_RETURN_IF_ERROR(HandOver());
    return report_;
  }

 private:
  // First the source, so that nothing is copied from a store that is still served. Then the target, so that
  // no server takes it for an empty store while it is filled.
  absl::Status Mark(MigrationStep step) {
    fresh_ = step == MigrationStep::kBegin && !to_.state().holds_records;
    // Whoever fills a target writes its marker anew, and so is known to an earlier run that still goes on.
    if (step == MigrationStep::kResume) {
      observer_.Marked();
      TWOFOLD_RETURN_IF_ERROR(to_.Write(to_.state().marker));
    } else {
      // A new id also where the source was marked before: the target of that migration never counts again.
      const std::string id = RandomId(random_);
      observer_.Marked();
      TWOFOLD_RETURN_IF_ERROR(from_.Write(MigratingSource(from_.state().marker, id, options_.target_name)));
      TWOFOLD_RETURN_IF_ERROR(to_.Write(FillingTarget(from_.state().marker)));
    }
    if (!options_.source_excludes_others || (!fresh_ && !options_.target_excludes_others)) {
      observer_.Wait(kStoreQuiet);
    }
    return absl::OkStatus();
  }

  absl::Status CopyAndVerify() {
    TWOFOLD_ASSIGN_OR_RETURN(const StoreDigest before, Digest(from_, MigrationPhase::kCounting, 0, 0));
    const int64_t total = before.records;
    if (!fresh_) {
      TWOFOLD_ASSIGN_OR_RETURN(report_.removed, RemoveOthers(from_, to_));
    }
    observer_.Progress(MigrationPhase::kCopying, 0, total);
    TWOFOLD_ASSIGN_OR_RETURN(report_.written, CopyRecords(from_, to_, random_, [this, total](int64_t done) {
                               observer_.Progress(MigrationPhase::kCopying, done, total);
                             }));
    TWOFOLD_ASSIGN_OR_RETURN(const StoreDigest source,
                             Digest(from_, MigrationPhase::kVerifying, 0, 2 * total));
    TWOFOLD_ASSIGN_OR_RETURN(const StoreDigest target,
                             Digest(to_, MigrationPhase::kVerifying, total, 2 * total));
    Note(source);
    if (before.checksum != source.checksum) {
      return absl::AbortedError(
          "the source changed while it was copied: stop what writes to it, and run the command again");
    }
    if (source.checksum == target.checksum) return absl::OkStatus();
    return absl::DataLossError(absl::StrCat("the target is not the same as the source: of ", source.records,
                                            " records ", CountMissing(source, target),
                                            " are missing or differ, and ", CountMissing(target, source),
                                            " are there that should not be"));
  }

  // The source first: as long as it does not say so, the target was never served, and the migration may
  // be given up.
  absl::Status HandOver() {
    if (!from_.state().marker.migration_complete()) {
      TWOFOLD_RETURN_IF_ERROR(from_.Write(CompleteSource(from_.state().marker)));
    }
    return to_.Write(ServedStore(to_.state().marker));
  }

  absl::StatusOr<StoreDigest> Digest(MigrationSide& side, MigrationPhase phase, int64_t offset,
                                     int64_t total) {
    absl::StatusOr<StoreDigest> digest = DigestStore(
        side.storage(),
        [this, phase, offset, total](int64_t done) { observer_.Progress(phase, offset + done, total); });
    if (!digest.ok()) return side.Named(digest.status());
    return digest;
  }

  void Note(const StoreDigest& digest) {
    report_.records = digest.records;
    report_.bytes = digest.bytes;
    report_.checksum = digest.checksum;
  }

  const MigrationOptions& options_;
  Random& random_;
  MigrationObserver& observer_;
  MigrationSide from_;
  MigrationSide to_;
  // The target held nothing before this run.
  bool fresh_ = false;
  MigrationReport report_;
};

}  // namespace

absl::StatusOr<MigrationReport> MigrateStore(Storage& from, Storage& to, const MigrationOptions& options,
                                             Random& random, MigrationObserver& observer) {
  return Migration(from, to, options, random, observer).Run();
}

absl::Status AbandonMigration(Storage& from, bool even_complete, Random& random) {
  MigrationSide source("source", from, random);
  TWOFOLD_RETURN_IF_ERROR(source.Read());
  TWOFOLD_RETURN_IF_ERROR(PlanAbandon(source.state(), even_complete));
  return source.Write(ServedStore(source.state().marker));
}

}  // namespace twofold
