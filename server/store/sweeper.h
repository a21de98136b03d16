#ifndef TWOFOLD_SERVER_STORE_SWEEPER_H_
#define TWOFOLD_SERVER_STORE_SWEEPER_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "common/steady.h"
#include "common/task.h"
#include "server/rules/limits.h"
#include "server/store/lease.h"
#include "storage/storage.h"

namespace twofold {

// A hundred records a second are not noticed beside thousands of logins: a million users are seen in three
// hours.
struct SweepPace {
  // Before the first pass, so that servers that are started one after the other are through with that.
  absl::Duration before_first = absl::Minutes(1);
  int page_records = 100;
  absl::Duration between_pages = absl::Seconds(1);
  // After the storage failed, before the same page is tried again.
  absl::Duration after_error = absl::Seconds(30);
  absl::Duration between_passes = absl::Hours(1);
};

// Goes over the store again and again and removes what abandoned enrolments have left (engine/abandoned.h).
// Has a thread of its own; everything given to it outlives it.
class Sweeper {
 public:
  // `removed` counts the records.
  Sweeper(Storage& storage, const StoreLease& lease, const Limits& limits, const Clock& clock,
          const SweepPace& pace, std::atomic<int64_t>& removed);
  // Ends it. Waits for the storage operation that is under way, and for no more.
  ~Sweeper();

  // No further operation is begun. Any thread; never blocks.
  void Stop();

 private:
  void Run();
  // One pass over the store, or as much of it as could be read. False: the end.
  bool Pass();
  // Gives the next cursor.
  absl::StatusOr<std::string> Page(const std::string& cursor, int64_t& removed);
  bool Pause(absl::Duration time);

  Storage& storage_;
  const StoreLease& lease_;
  const Limits& limits_;
  const Clock& clock_;
  const SweepPace pace_;
  std::atomic<int64_t>& removed_;
  // Of the pages: what was not begun at the end is not.
  CancellationToken token_;
  SteadyEvent stopping_;
  std::thread thread_;
};

}  // namespace twofold

#endif  // TWOFOLD_SERVER_STORE_SWEEPER_H_
