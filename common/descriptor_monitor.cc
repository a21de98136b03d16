#include "common/descriptor_monitor.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <utility>

namespace twofold {

DescriptorMonitor::DescriptorMonitor()
    : epoll_(epoll_create1(EPOLL_CLOEXEC)), stop_event_(eventfd(0, EFD_CLOEXEC)) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = stop_event_;
  // This fails only at start-up, where the process cannot go on.
  if (epoll_ < 0 || epoll_ctl(epoll_, EPOLL_CTL_ADD, stop_event_, &event) != 0) std::abort();
}

DescriptorMonitor::~DescriptorMonitor() {
  Stop();
  close(stop_event_);
  close(epoll_);
}

int DescriptorMonitor::Add(int descriptor, const std::function<void()>& wake) {
  // A duplicate, because the owner may close its own before Remove, and another file may get that
  // number.
  const int monitored = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
  if (monitored < 0) return -1;
  epoll_event event{};
  event.events = EPOLLONESHOT;
  event.data.fd = monitored;
  absl::MutexLock lock(&mutex_);
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, monitored, &event) != 0) {
    close(monitored);
    return -1;
  }
  wakes_[monitored] = &wake;
  if (!stopped_ && !thread_.joinable()) thread_ = std::thread([this] { Run(); });
  return monitored;
}

void DescriptorMonitor::Arm(int monitored) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLONESHOT;
  event.data.fd = monitored;
  epoll_ctl(epoll_, EPOLL_CTL_MOD, monitored, &event);
}

void DescriptorMonitor::Remove(int monitored) {
  absl::MutexLock lock(&mutex_);
  wakes_.erase(monitored);
  // Closing does not remove it from epoll while the owner's descriptor is still open.
  epoll_ctl(epoll_, EPOLL_CTL_DEL, monitored, nullptr);
  close(monitored);
}

void DescriptorMonitor::Stop() {
  std::thread thread;
  {
    absl::MutexLock lock(&mutex_);
    stopped_ = true;
    thread = std::move(thread_);
  }
  if (!thread.joinable()) return;
  const uint64_t one = 1;
  while (write(stop_event_, &one, sizeof one) < 0 && errno == EINTR) {
  }
  thread.join();
}

void DescriptorMonitor::Run() {
  std::array<epoll_event, 64> events;
  for (;;) {
    const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      const int monitored = events[static_cast<size_t>(i)].data.fd;
      if (monitored == stop_event_) return;
      absl::MutexLock lock(&mutex_);
      const auto found = wakes_.find(monitored);
      if (found != wakes_.end()) (*found->second)();
    }
  }
}

}  // namespace twofold
