#include "server/store/sweeper.h"

#include <utility>

#include "common/async.h"
#include "server/ops/log.h"
#include "server/store/abandoned.h"

namespace twofold {
namespace {

// A page that fails as often is perhaps not readable at all. The next pass begins anew.
constexpr int kTriesOfAPage = 10;

}  // namespace

Sweeper::Sweeper(Storage& storage, const StoreLease& lease, const Limits& limits, const Clock& clock,
                 const SweepPace& pace, std::atomic<int64_t>& removed)
    : storage_(storage),
      lease_(lease),
      limits_(limits),
      clock_(clock),
      pace_(pace),
      removed_(removed),
      thread_([this] { Run(); }) {}

Sweeper::~Sweeper() {
  Stop();
  thread_.join();
}

void Sweeper::Stop() {
  token_.Cancel();
  stopping_.Set();
}

void Sweeper::Run() {
  if (!Pause(pace_.before_first)) return;
  while (Pass() && Pause(pace_.between_passes)) continue;
}

bool Sweeper::Pass() {
  int64_t removed = 0;
  std::string cursor;
  bool goes_on = true;
  int failures = 0;
  do {
    int64_t here = 0;
    absl::StatusOr<std::string> next = Page(cursor, here);
    removed += here;
    removed_ += here;
    // Others tell the operator of a storage that does not work. A pass that began anew after each error would
    // never reach the end of a large store.
    failures = next.ok() ? 0 : failures + 1;
    if (failures == kTriesOfAPage) break;
    if (next.ok()) cursor = *std::move(next);
    goes_on = Pause(failures == 0 ? pace_.between_pages : pace_.after_error);
  } while (goes_on && (failures > 0 || !cursor.empty()));
  if (removed > 0) LogInfo("removed ", removed, " records of users who began an enrolment and had no method");
  return goes_on;
}

absl::StatusOr<std::string> Sweeper::Page(const std::string& cursor, int64_t& removed) {
  using Result = absl::StatusOr<std::string>;
  asio::io_context context;
  Result page = absl::InternalError("the page was given up");
  Start(
      context.get_executor(),
      SweepPage(storage_, lease_, limits_, clock_.Now(), cursor, pace_.page_records, removed),
      [&page](Task<Result> done) { page = ResultOf(std::move(done)); }, &token_);
  context.run();
  return page;
}

bool Sweeper::Pause(absl::Duration time) { return !stopping_.WaitFor(time); }

}  // namespace twofold
