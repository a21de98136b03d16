#ifndef TWOFOLD_SERVER_OPS_READINESS_H_
#define TWOFOLD_SERVER_OPS_READINESS_H_

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"

namespace twofold {

// Says whether this server should be sent calls. It is ready while all of its named conditions
// ("storage", "limiter") hold and it is not draining. Thread-safe.
class Readiness {
 public:
  // No condition holds until it is set.
  explicit Readiness(const std::vector<std::string>& conditions);

  // Returns true if this changed whether the condition holds, or the reason. Log it then. A
  // condition that the constructor was not given is added.
  bool Set(absl::string_view condition, absl::Status status);

  // From now on, a condition that was set to OK also asks `ask` each time that it is read. The
  // thread that sets the condition may hang, and its last value may then be out of date. `ask` must
  // neither block nor call this object. Call this at most once for each condition.
  void AlsoAsk(absl::string_view condition, std::function<absl::Status()> ask);

  // From now on the server is not ready, for good.
  void StartDraining();

  // Returns whether one condition holds.
  bool Holds(absl::string_view condition) const;

  // Returns OK, or UNAVAILABLE with the conditions that do not hold and their reasons.
  absl::Status Check() const;

 private:
  absl::Status StatusOf(absl::string_view condition, const absl::Status& set) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  std::map<std::string, absl::Status, std::less<>> conditions_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::function<absl::Status()>, std::less<>> asks_ ABSL_GUARDED_BY(mutex_);
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace twofold

#endif  // TWOFOLD_SERVER_OPS_READINESS_H_
