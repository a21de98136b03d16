#ifndef TWOFOLD_SERVER_METHODS_OR_WORK_H_
#define TWOFOLD_SERVER_METHODS_OR_WORK_H_

#include <list>
#include <string>
#include <utility>
#include <variant>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "crypto/secret_bytes.h"

// Slow work that a rule needs and must not do on a request thread. The rule gives the work back instead of a
// value. The flow runs it on a pool, keeps the result, and asks the rule again.

namespace twofold {

// One computation. `key` names its result among the results of one call. It is the same whenever the same
// work is asked for, and another one for any other work: it holds everything that the result depends on. Keys
// may be secret, and are wiped with the results.
struct Work {
  // Each pool has threads of its own, so that a hash never waits for a picture.
  enum class Pool { kHashes, kPictures };

  Pool pool = Pool::kHashes;
  std::string key;
  // Does not throw, and does not outlive the call's request.
  absl::AnyInvocable<std::string()> run;
};

// Either a T or the Work that must be done first. Like absl::StatusOr it has no value that could be read by
// mistake: reading the one that is not there ends the process.
template <typename T>
class [[nodiscard]] OrWork {
 public:
  // Implicit, so that a function can return either.
  // NOLINTNEXTLINE(google-explicit-constructor)
  OrWork(T value) : held_(std::in_place_index<0>, std::move(value)) {}
  // NOLINTNEXTLINE(google-explicit-constructor)
  OrWork(Work work) : held_(std::in_place_index<1>, std::move(work)) {}

  bool needs_work() const { return held_.index() == 1; }
  T& value() { return std::get<0>(held_); }
  Work&& work() && { return std::get<1>(std::move(held_)); }

 private:
  std::variant<T, Work> held_;
};

// The results of the work that one call has had done. They may be secret, and are wiped at the end.
class WorkResults {
 public:
  WorkResults() = default;
  WorkResults(const WorkResults&) = delete;
  WorkResults& operator=(const WorkResults&) = delete;
  ~WorkResults() {
    for (Result& result : results_) {
      WipeString(result.key);
      WipeString(result.value);
    }
  }

  // Null when the work called `key` was not done yet. Valid as long as this object.
  const std::string* Find(absl::string_view key) const {
    for (const Result& result : results_) {
      if (result.key == key) return &result.value;
    }
    return nullptr;
  }
  void Add(std::string key, std::string value) {
    results_.push_back(Result{std::move(key), std::move(value)});
  }

 private:
  struct Result {
    std::string key;
    std::string value;
  };
  // A list, because results do not move once they are there. A call has at most three.
  std::list<Result> results_;
};

}  // namespace twofold

// Returns from a function of type OrWork<absl::Status> unless `expression`, of the same type, is OK.
#define TWOFOLD_RETURN_UNLESS_OK(expression)                           \
  do {                                                                 \
    ::twofold::OrWork<absl::Status> or_work = (expression);            \
    if (or_work.needs_work() || !or_work.value().ok()) return or_work; \
  } while (false)

#endif  // TWOFOLD_SERVER_METHODS_OR_WORK_H_
