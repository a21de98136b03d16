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

// Whether this server should be sent calls. Named conditions ("storage", "limiter"), all of which must hold,
// and not draining. Thread-safe.
class Readiness {
 public:
  // None of the conditions holds until it is set.
  explicit Readiness(const std::vector<std::string>& conditions);

  // True when this changed whether, or why not, the condition holds: the moment to log it. A condition that
  // was not named to the constructor is added.
  bool Set(absl::string_view condition, absl::Status status);

  // From now on a condition that holds as far as it was set is asked for itself at each look at it. Whoever
  // sets it may hang, and what was true then need not be true now. `ask` must neither block nor come back
  // here. Once for each condition.
  void AlsoAsk(absl::string_view condition, std::function<absl::Status()> ask);

  // From now on not ready, for good.
  void StartDraining();

  // Whether one condition holds.
  bool Holds(absl::string_view condition) const;

  // OK, or UNAVAILABLE with the conditions that do not hold and their reasons.
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
