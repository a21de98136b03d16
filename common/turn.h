#ifndef TWOFOLD_COMMON_TURN_H_
#define TWOFOLD_COMMON_TURN_H_

#include <utility>
#include <vector>

namespace twofold {

// One round of a thread's loop, in which it hands work to other threads piece by piece. Waking one of them
// costs a system call, and it would come back for the next piece at once; so the waking is put off to the end
// of the turn, when all pieces are there. On the thread's stack; turns do not nest.
class Turn {
 public:
  using Wake = void (*)(void* whom);

  Turn() { current_ = this; }
  // Wakes everybody.
  ~Turn() {
    current_ = nullptr;
    WakeAll();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  // Calls `wake` at the end of this thread's turn; at once where it has none. `whom` outlives the turn.
  // False: it is not called for this piece, but once for this and the one before, which was for the same.
  static bool PutOff(Wake wake, void* whom) {
    if (current_ == nullptr) {
      wake(whom);
      return true;
    }
    const std::pair<Wake, void*> one(wake, whom);
    // Pieces for one thread come in a row.
    if (!current_->put_off_.empty() && current_->put_off_.back() == one) return false;
    current_->put_off_.push_back(one);
    return true;
  }

  // Wakes everybody so far: before something in this thread's turn that takes long.
  static void WakeNow() {
    if (current_ != nullptr) current_->WakeAll();
  }

 private:
  void WakeAll() {
    for (const auto& [wake, whom] : std::exchange(put_off_, {})) wake(whom);
  }

  static inline thread_local Turn* current_ = nullptr;

  std::vector<std::pair<Wake, void*>> put_off_;
};

}  // namespace twofold

#endif  // TWOFOLD_COMMON_TURN_H_
