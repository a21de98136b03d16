#ifndef TWOFOLD_SERVER_ENGINE_SUBJECT_TURNS_H_
#define TWOFOLD_SERVER_ENGINE_SUBJECT_TURNS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "common/async.h"
#include "common/task.h"

namespace twofold {

// Lets one flow of this process at a time write the record of a subject; the others of that subject wait in
// the order in which they came. Without that, many calls about one subject would each find that another was
// faster, and read and decide again and again. Whether a write may be done is still the storage's to say.
//
// Flows may run on any threads. None is blocked: locks are striped, and held for a few operations on a map.
// Outlives the flows.
class SubjectTurns {
 public:
  // As many flows wait for one subject: more than the default rate limits admit at once of what strangers may
  // send. Each reads and writes once it has the turn, so that the last has waited for 64 of both.
  static constexpr size_t kMaxWaiting = 64;

  // Whoever holds it has the turn, and passes it on when it goes.
  class Turn {
   public:
    Turn() = default;
    Turn(Turn&& other) noexcept
        : turns_(std::exchange(other.turns_, nullptr)), subject_(other.subject_), waited_(other.waited_) {}
    Turn& operator=(Turn&& other) noexcept {
      std::swap(turns_, other.turns_);
      std::swap(subject_, other.subject_);
      std::swap(waited_, other.waited_);
      return *this;
    }
    ~Turn() {
      if (turns_ != nullptr) turns_->PassOn(subject_);
    }

    bool held() const { return turns_ != nullptr; }
    // Others had it since it was asked for.
    bool waited() const { return waited_; }

   private:
    friend class SubjectTurns;
    Turn(SubjectTurns& turns, uint64_t subject, bool waited)
        : turns_(&turns), subject_(subject), waited_(waited) {}

    SubjectTurns* turns_ = nullptr;
    uint64_t subject_ = 0;
    bool waited_ = false;
  };

  // OVERLOADED: too many wait, or nobody waits for this flow's answer any more (CancellationToken).
  Task<absl::StatusOr<Turn>> Take(absl::string_view subject_key);

 private:
  struct Waiter {
    // Gets whether it has the turn.
    Completion<bool> done;
    // Null: it lasts.
    const CancellationToken* token;
  };
  using Waiters = std::list<Waiter>;

  // Subjects whose keys meet in their hash share a turn, which costs them a wait and nothing else.
  struct Stripe {
    absl::Mutex mutex;
    // Those whose turn somebody has.
    absl::flat_hash_map<uint64_t, Waiters> taken ABSL_GUARDED_BY(mutex);
  };

  Stripe& StripeOf(uint64_t subject) { return stripes_[subject % stripes_.size()]; }
  // Whether nobody had it.
  bool TryTake(uint64_t subject);
  void Wait(uint64_t subject, Waiter waiter);
  void PassOn(uint64_t subject);
  // Moves those for whom nobody waits from one list to the other.
  static void TakeOutExpired(Waiters& waiting, Waiters& expired);

  std::array<Stripe, 64> stripes_;
};

}  // namespace twofold

#endif  // TWOFOLD_SERVER_ENGINE_SUBJECT_TURNS_H_
