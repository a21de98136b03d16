#ifndef TWOFOLD_COMMON_DESCRIPTOR_MONITOR_H_
#define TWOFOLD_COMMON_DESCRIPTOR_MONITOR_H_

#include <functional>
#include <map>
#include <memory>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace twofold {

// A thread that sleeps until one of many descriptors can be read, on behalf of threads that sleep
// elsewhere. It starts with the first descriptor. Thread-safe.
class DescriptorMonitor {
 public:
  DescriptorMonitor();
  // Call it after the last Remove.
  ~DescriptorMonitor();
  DescriptorMonitor(const DescriptorMonitor&) = delete;
  DescriptorMonitor& operator=(const DescriptorMonitor&) = delete;

  // Monitors a duplicate of `descriptor`. Returns the duplicate, which belongs to the monitor, or
  // -1 when the process has run out of descriptors. After each Arm, `wake` is called once, on the
  // monitor's thread, as soon as there is something to read. `wake` outlives Stop.
  int Add(int descriptor, const std::function<void()>& wake);
  void Arm(int monitored);
  void Remove(int monitored);

  // After this call, no `wake` is called any more.
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

#endif  // TWOFOLD_COMMON_DESCRIPTOR_MONITOR_H_
