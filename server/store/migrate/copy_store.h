#ifndef TWOFOLD_SERVER_STORE_MIGRATE_COPY_STORE_H_
#define TWOFOLD_SERVER_STORE_MIGRATE_COPY_STORE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/random.h"
#include "storage/opened_storage.h"
#include "storage/storage.h"

namespace twofold {

enum class CopyPhase { kCounting, kCopying, kVerifying };

// What a copy tells while it runs, on the thread that called it.
class CopyObserver {
 public:
  virtual ~CopyObserver() = default;

  // From now on the source is refused by servers until the move is complete or given up.
  virtual void Marked() = 0;
  // Returns after `wait`, in which servers notice the marks.
  virtual void Wait(absl::Duration wait) = 0;
  // `total` is 0 while it is not known.
  virtual void Progress(CopyPhase phase, int64_t done, int64_t total) = 0;
};

struct CopyOptions {
  // Where the contents go, for the source's marker: read by operators, so without credentials.
  std::string target_name;
  // Whether what the target holds may be removed.
  bool overwrite = false;
  // As in OpenedStorage.
  bool source_excludes_others = false;
  bool target_excludes_others = false;
  PrepareStorage prepare_target = nullptr;
};

struct CopyReport {
  std::string store_id;
  int64_t records = 0;
  // Of all values.
  int64_t bytes = 0;
  // Of all records, the same on both sides (StoreDigest).
  std::string checksum;
  // By this run; the others were there.
  int64_t written = 0;
  int64_t removed = 0;
  // Goes on with a move that was interrupted.
  bool resumed = false;
  // The move was complete before; the target was not looked at again.
  bool was_complete = false;
};

// Moves the store `from` into `to` with everything it holds: marks both, waits until no server writes,
// copies, reads both sides again and compares, hands over. May end at any point, by an error or the death of
// the process: the same call goes on. At most one of the two is served at any time, and a code that was used
// stays used. Blocks.
//
// FAILED_PRECONDITION, for operators: not a store, moved away, or a target that holds something else; nothing
// was changed. ABORTED: another command works on one of the stores, or something writes to it. DATA_LOSS: the
// comparison failed. Other errors are the storages'. Each says which side it is about.
absl::StatusOr<CopyReport> CopyStore(Storage& from, Storage& to, const CopyOptions& options, Random& random,
                                     CopyObserver& observer);

// Lets a source be served again although it was marked: for a move that was broken off for good. Its target
// stays refused. A complete move is left alone unless `even_complete`: codes used at the target would be
// accepted again. Errors are CopyStore's.
absl::Status AbandonMove(Storage& from, bool even_complete, Random& random);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_STORE_MIGRATE_COPY_STORE_H_
