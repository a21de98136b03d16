#ifndef TWOFOLD_COMMON_DESCRIPTOR_WATCH_H_
#define TWOFOLD_COMMON_DESCRIPTOR_WATCH_H_

#include <functional>
#include <map>
#include <memory>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace twofold {

// One thread that sleeps until one of many descriptors can be read, for threads that sleep elsewhere. It
// starts with the first descriptor. Thread-safe.
class DescriptorWatch {
 public:
  DescriptorWatch();
  // After the last Remove.
  ~DescriptorWatch();
  DescriptorWatch(const DescriptorWatch&) = delete;
  DescriptorWatch& operator=(const DescriptorWatch&) = delete;

  // Watches a duplicate of `descriptor`, which is returned and belongs to the watch. Each Arm calls `wake`
  // once, on the watch's thread, as soon as there is something to read, at once if there is. `wake` outlives
  // Stop. -1: out of descriptors.
  int Add(int descriptor, const std::function<void()>& wake);
  void Arm(int watched);
  void Remove(int watched);

  // Afterwards no `wake` is called any more.
  void Stop();

 private:
  void Run();

  const int epoll_;
  const int stop_event_;
  absl::Mutex mutex_;
  std::map<int, const std::function<void()>*> wakes_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_ ABSL_GUARDED_BY(mutex_);
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace twofold

#endif  // TWOFOLD_COMMON_DESCRIPTOR_WATCH_H_
