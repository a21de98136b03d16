#ifndef TWOFOLD_COMMON_LOOP_ITERATION_H_
#define TWOFOLD_COMMON_LOOP_ITERATION_H_

#include <utility>
#include <vector>

namespace twofold {

// One iteration of a thread's loop, in which it hands work to other threads piece by piece. Waking
// a thread costs a system call, and the woken thread would come back for each piece. So wakes are
// deferred to the end of the iteration, when all pieces are there. Lives on the thread's stack.
// Iterations do not nest.
class LoopIteration {
 public:
  using Wake = void (*)(void* whom);

  LoopIteration() { current_ = this; }
  // Makes the deferred calls.
  ~LoopIteration() {
    current_ = nullptr;
    WakeAll();
  }
  LoopIteration(const LoopIteration&) = delete;
  LoopIteration& operator=(const LoopIteration&) = delete;

  // Calls `wake` at the end of this thread's iteration, or at once when the thread is in none.
  // `whom` outlives the iteration. Returns false if the last deferred call was the same one: it is
  // then made once for both.
  static bool DeferWake(Wake wake, void* whom) {
    if (current_ == nullptr) {
      wake(whom);
      return true;
    }
    const std::pair<Wake, void*> one(wake, whom);
    // Pieces for the same thread usually come in a row.
    if (!current_->deferred_.empty() && current_->deferred_.back() == one) return false;
    current_->deferred_.push_back(one);
    return true;
  }

  // Makes the calls deferred so far. Call it before something that takes long.
  static void WakeNow() {
    if (current_ != nullptr) current_->WakeAll();
  }

 private:
  void WakeAll() {
    for (const auto& [wake, whom] : std::exchange(deferred_, {})) wake(whom);
  }

  static inline thread_local LoopIteration* current_ = nullptr;

  std::vector<std::pair<Wake, void*>> deferred_;
};

}  // namespace twofold

#endif  // TWOFOLD_COMMON_LOOP_ITERATION_H_
