#include "server/ops/reloader.h"

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <list>
#include <thread>
#include <tuple>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/steady.h"
#include "server/ops/log.h"

namespace twofold {
namespace {

// How long a file must stay the same before it is read, and how long the reloader waits for that.
constexpr absl::Duration kSettle = absl::Milliseconds(50);
constexpr int kMaxSettles = 20;
// The number of pauses before a reload that failed with UNAVAILABLE is tried again.
constexpr int kPausesBeforeRetry = 10;

// What tells two states of a file apart: device, inode, size, and the time of the last change of
// its content and of its attributes. All are 0 while there is no file.
using FileState = std::tuple<dev_t, ino_t, off_t, int64_t, int64_t, int64_t, int64_t>;

std::vector<FileState> StateOf(const std::vector<std::string>& paths) {
  std::vector<FileState> states;
  for (const std::string& path : paths) {
    struct stat info {};
    const bool found = stat(path.c_str(), &info) == 0;
    states.push_back(found ? FileState{info.st_dev, info.st_ino, info.st_size, info.st_mtim.tv_sec,
                                       info.st_mtim.tv_nsec, info.st_ctim.tv_sec, info.st_ctim.tv_nsec}
                           : FileState{});
  }
  return states;
}

struct Watched {
  explicit Watched(Reloadable what_in) : what(std::move(what_in)), seen(StateOf(what.paths)) {}

  const Reloadable what;
  // Used by the reloader's thread only, once the watch is in the list.
  std::vector<FileState> seen;
  SteadyTime retry = SteadyTime::max();
  std::string error;
  std::atomic<bool> succeeded{true};
};

class PollingReloader final : public Reloader {
 public:
  explicit PollingReloader(absl::Duration pause) : pause_(pause), thread_([this] { Run(); }) {}

  ~PollingReloader() override { Stop(); }

  void Add(Reloadable what) override {
    absl::MutexLock lock(&mutex_);
    watched_.emplace_back(std::move(what));
  }

  void ReloadAll() override {
    all_ = true;
    wake_.Set();
  }

  void Stop() override {
    absl::MutexLock lock(&stop_mutex_);
    stopping_ = true;
    wake_.Set();
    if (thread_.joinable()) thread_.join();
  }

  bool AllSucceeded() const override {
    absl::MutexLock lock(&mutex_);
    return std::all_of(watched_.begin(), watched_.end(),
                       [](const Watched& watched) { return watched.succeeded.load(); });
  }

 private:
  void Run() {
    while (!stopping_) {
      wake_.WaitFor(pause_);
      wake_.Clear();
      const bool all = all_.exchange(false);
      for (Watched* watched : Everything()) {
        if (stopping_) return;
        const bool due = all || SteadyNow() >= watched->retry;
        if (due || StateOf(watched->what.paths) != watched->seen) Reload(*watched);
      }
    }
  }

  // Elements of a list stay where they are.
  std::vector<Watched*> Everything() {
    absl::MutexLock lock(&mutex_);
    std::vector<Watched*> everything;
    for (Watched& watched : watched_) everything.push_back(&watched);
    return everything;
  }

  void Reload(Watched& watched) const {
    // The state from before the read: a file that changes meanwhile is read once more.
    watched.seen = StateOf(watched.what.paths);
    for (int i = 0; i < kMaxSettles; ++i) {
      SteadySleep(kSettle);
      std::vector<FileState> now = StateOf(watched.what.paths);
      if (now == watched.seen) break;
      watched.seen = std::move(now);
    }
    const absl::StatusOr<std::string> reloaded = watched.what.reload();
    const bool failed_before = !watched.succeeded.exchange(reloaded.ok());
    const bool may_pass = absl::IsUnavailable(reloaded.status());
    watched.retry = may_pass ? SteadyAfter(kPausesBeforeRetry * pause_) : SteadyTime::max();
    const std::string before = std::exchange(watched.error, std::string(reloaded.status().message()));
    if (!reloaded.ok()) {
      // What lasts is said once.
      if (may_pass && watched.error == before) return;
      LogError("the ", watched.what.name, " stays as it was: ", reloaded.status().message());
    } else if (!reloaded->empty()) {
      LogInfo("reloaded the ", watched.what.name, ": ", *reloaded);
    } else if (failed_before) {
      LogInfo("the ", watched.what.name, " can be read again and has not changed");
    }
  }

  const absl::Duration pause_;
  mutable absl::Mutex mutex_;
  std::list<Watched> watched_ ABSL_GUARDED_BY(mutex_);
  absl::Mutex stop_mutex_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> all_{false};
  SteadyEvent wake_;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Reloader> NewReloader(absl::Duration pause) {
  return std::make_unique<PollingReloader>(pause);
}

}  // namespace twofold
