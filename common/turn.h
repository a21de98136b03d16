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
    for (const auto& [wake, whom] : put_off_) wake(whom);
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  // At the end of this thread's turn, once or more; at once where it has none. `whom` outlives the turn.
  static void PutOff(Wake wake, void* whom) {
    if (current_ == nullptr) return wake(whom);
    const std::pair<Wake, void*> one(wake, whom);
    // Pieces for one thread come in a row.
    if (current_->put_off_.empty() || current_->put_off_.back() != one) current_->put_off_.push_back(one);
  }

 private:
  static inline thread_local Turn* current_ = nullptr;

  std::vector<std::pair<Wake, void*>> put_off_;
};

}  // namespace twofold

#endif  // TWOFOLD_COMMON_TURN_H_
