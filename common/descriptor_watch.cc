#include "common/descriptor_watch.h"

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

DescriptorWatch::DescriptorWatch()
    : epoll_(epoll_create1(EPOLL_CLOEXEC)), stop_event_(eventfd(0, EFD_CLOEXEC)) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = stop_event_;
  // Only at start-up, where there is nothing to go on with.
  if (epoll_ < 0 || epoll_ctl(epoll_, EPOLL_CTL_ADD, stop_event_, &event) != 0) std::abort();
}

DescriptorWatch::~DescriptorWatch() {
  Stop();
  close(stop_event_);
  close(epoll_);
}

int DescriptorWatch::Add(int descriptor, const std::function<void()>& wake) {
  // A number of its own: the owner may close his, and somebody else get that number, before Remove.
  const int watched = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
  if (watched < 0) return -1;
  epoll_event event{};
  event.events = EPOLLONESHOT;
  event.data.fd = watched;
  absl::MutexLock lock(&mutex_);
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, watched, &event) != 0) {
    close(watched);
    return -1;
  }
  wakes_[watched] = &wake;
  if (!stopped_ && !thread_.joinable()) thread_ = std::thread([this] { Run(); });
  return watched;
}

void DescriptorWatch::Arm(int watched) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLONESHOT;
  event.data.fd = watched;
  epoll_ctl(epoll_, EPOLL_CTL_MOD, watched, &event);
}

void DescriptorWatch::Remove(int watched) {
  absl::MutexLock lock(&mutex_);
  wakes_.erase(watched);
  // Closing alone would leave it: the owner's descriptor is open still.
  epoll_ctl(epoll_, EPOLL_CTL_DEL, watched, nullptr);
  close(watched);
}

void DescriptorWatch::Stop() {
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

void DescriptorWatch::Run() {
  std::array<epoll_event, 64> events;
  for (;;) {
    const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      const int watched = events[static_cast<size_t>(i)].data.fd;
      if (watched == stop_event_) return;
      absl::MutexLock lock(&mutex_);
      const auto found = wakes_.find(watched);
      if (found != wakes_.end()) (*found->second)();
    }
  }
}

}  // namespace twofold
