#ifndef TWOFOLD_COMMON_CURRENT_H_
#define TWOFOLD_COMMON_CURRENT_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace twofold {

// An immutable value that is replaced as a whole while other threads use it, such as a policy that
// is read again. A reader keeps what Get returned for as long as it needs one consistent state.
// Thread-safe.
//
// Each thread reads its own copy of the pointer under a lock that it shares with few others, so
// that readers do not wait for each other.
template <typename T>
class Current {
 public:
  explicit Current(std::shared_ptr<const T> value) { Set(std::move(value)); }
  Current(const Current&) = delete;
  Current& operator=(const Current&) = delete;

  std::shared_ptr<const T> Get() const {
    Copy& copy = copies_[ThreadNumber() % copies_.size()];
    absl::MutexLock lock(&copy.mutex);
    return copy.value;
  }

  // After the return, every Get that begins returns `value`.
  void Set(std::shared_ptr<const T> value) {
    for (Copy& copy : copies_) {
      // A reference count of its own, which only the readers of this copy change.
      auto owner = std::make_shared<const std::shared_ptr<const T>>(value);
      const T* const target = owner->get();
      std::shared_ptr<const T> next(std::move(owner), target);
      // The old value is destroyed after the lock is released.
      absl::MutexLock lock(&copy.mutex);
      copy.value.swap(next);
    }
  }

 private:
  static constexpr size_t kCacheLine = 64;

  struct Copy {
    absl::Mutex mutex;
    std::shared_ptr<const T> value ABSL_GUARDED_BY(mutex);
    // Keeps the copies of two threads in different cache lines, so that they do not slow each other
    // down. An alignment would not hold in the frames of coroutines.
    std::array<char, kCacheLine> unused{};
  };

  static size_t ThreadNumber() {
    static std::atomic<size_t> next{0};
    thread_local const size_t number = next.fetch_add(1, std::memory_order_relaxed);
    return number;
  }

  mutable std::array<Copy, 16> copies_;
};

}  // namespace twofold

#endif  // TWOFOLD_COMMON_CURRENT_H_
