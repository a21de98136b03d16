#include "server/rpc/listener.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <map>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "server/ops/log.h"

namespace twofold {
namespace {

using SteadyClock = std::chrono::steady_clock;

// How exactly the last word of a connection is known, and how long to wait for descriptors.
constexpr auto kTick = std::chrono::seconds(1);
constexpr auto kQuietBetweenWarnings = std::chrono::minutes(1);
// Files, stores and listening sockets need some beside the two of each connection.
constexpr rlim_t kOtherDescriptors = 256;

// What the limit of open files leaves of `wanted`.
int Affordable(int wanted) {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY) return wanted;
  const rlim_t spare = files.rlim_cur > kOtherDescriptors ? files.rlim_cur - kOtherDescriptors : 0;
  return static_cast<int>(std::clamp<rlim_t>(spare / 2, 1, static_cast<rlim_t>(wanted)));
}

// A connection is known by a second descriptor of its socket. gRPC shuts a socket down before it closes its
// own descriptor, which shows here as a hang-up.
struct Connection {
  SteadyClock::time_point last_word;
  bool has_spoken = false;
  // The next arrival of bytes will be told.
  bool is_watched = false;
};

class CountingListener final : public Listener {
 public:
  CountingListener(ListeningSockets sockets, const ListenerSettings& settings, int max_connections)
      : sockets_(std::move(sockets)),
        address_(sockets_.address()),
        max_connections_(max_connections),
        idle_(absl::ToChronoNanoseconds(settings.idle)),
        silent_(absl::ToChronoNanoseconds(settings.silent)),
        epoll_(epoll_create1(EPOLL_CLOEXEC)),
        wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

  ~CountingListener() override {
    Stop();
    if (epoll_ >= 0) close(epoll_);
    if (wake_ >= 0) close(wake_);
  }

  absl::Status Prepare() {
    if (epoll_ < 0 || wake_ < 0 || !Watch(EPOLL_CTL_ADD, wake_, EPOLLIN)) {
      return absl::UnavailableError(absl::StrCat("cannot listen on ", address_, ": ", std::strerror(errno)));
    }
    return absl::OkStatus();
  }

  const std::string& address() const override { return address_; }
  int connections() const override { return living_.load(std::memory_order_relaxed); }
  int64_t refused() const override { return refused_.load(std::memory_order_relaxed); }

  void Start(HandOver hand_over) override {
    hand_over_ = std::move(hand_over);
    WatchForNew(EPOLL_CTL_ADD, EPOLLIN);
    thread_ = std::thread([this] { Run(); });
  }

  void Stop() override {
    if (thread_.joinable()) {
      stopping_ = true;
      eventfd_write(wake_, 1);
      thread_.join();
    }
    sockets_.Close();
    while (!connections_.empty()) Forget(connections_.begin()->first);
  }

 private:
  bool Watch(int operation, int descriptor, uint32_t events) const {
    epoll_event event{};
    event.events = events;
    event.data.fd = descriptor;
    return epoll_ctl(epoll_, operation, descriptor, &event) == 0;
  }

  void WatchForNew(int operation, uint32_t events) {
    for (const int descriptor : sockets_.descriptors()) Watch(operation, descriptor, events);
  }

  void Run() {
    SteadyClock::time_point next_tick = SteadyClock::now() + kTick;
    while (!stopping_) {
      TakeEvents(next_tick);
      const SteadyClock::time_point now = SteadyClock::now();
      if (now < next_tick) continue;
      next_tick = now + kTick;
      for (auto& [descriptor, connection] : connections_) {
        if (!std::exchange(connection.is_watched, true)) Watch(EPOLL_CTL_MOD, descriptor, EPOLLIN | EPOLLET);
      }
      if (std::exchange(is_out_of_descriptors_, false)) WatchForNew(EPOLL_CTL_MOD, EPOLLIN);
    }
  }

  // What is there; waits until `deadline` for the first. New connections come last, when those that have
  // ended are forgotten.
  void TakeEvents(SteadyClock::time_point deadline) {
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(deadline - SteadyClock::now());
    const bool needs_ticks = !connections_.empty() || is_out_of_descriptors_;
    const int timeout = needs_ticks ? static_cast<int>(std::max<int64_t>(wait.count(), 0)) : -1;
    std::array<epoll_event, 64> events{};
    const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), timeout);
    std::array<int, 64> ready{};
    size_t ready_count = 0;
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<size_t>(i)];
      const auto known = connections_.find(event.data.fd);
      if (known == connections_.end()) {
        ready[ready_count++] = event.data.fd;
      } else if ((event.events & EPOLLHUP) != 0) {
        Forget(event.data.fd);
      } else {
        Hear(event.data.fd, known->second);
      }
    }
    for (size_t i = 0; i < ready_count; ++i) {
      if (ready[i] != wake_) Accept(ready[i]);
    }
  }

  // One word a tick is enough.
  void Hear(int descriptor, Connection& connection) const {
    connection.last_word = SteadyClock::now();
    connection.has_spoken = true;
    connection.is_watched = false;
    Watch(EPOLL_CTL_MOD, descriptor, EPOLLET);
  }

  void Forget(int descriptor) {
    // The socket stays open in gRPC's hands, and would be watched on.
    Watch(EPOLL_CTL_DEL, descriptor, 0);
    close(descriptor);
    connections_.erase(descriptor);
    living_.store(static_cast<int>(connections_.size()), std::memory_order_relaxed);
  }

  // A few at a time, so that the ends of others are seen between them.
  void Accept(int listening) {
    constexpr int kMany = 16;
    for (int i = 0; i < kMany; ++i) {
      const int accepted = accept4(listening, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (accepted >= 0) {
        Take(accepted);
      } else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
        WaitForDescriptors();
        return;
      } else if (errno != EINTR && errno != ECONNABORTED) {
        return;
      }
    }
  }

  // Takes the descriptor.
  void Take(int accepted) {
    if (static_cast<int>(connections_.size()) >= max_connections_ && !EndLongestIdle()) {
      close(accepted);
      refused_.fetch_add(1, std::memory_order_relaxed);
      Warn(absl::StrCat("refused a connection to ", address_, ": there are ", max_connections_,
                        " (--max_connections), and none of them is idle"));
      return;
    }
    const int known_by = fcntl(accepted, F_DUPFD_CLOEXEC, 0);
    if (known_by < 0 || !Watch(EPOLL_CTL_ADD, known_by, EPOLLIN | EPOLLET)) {
      if (known_by >= 0) close(known_by);
      close(accepted);
      WaitForDescriptors();
      return;
    }
    connections_[known_by] = Connection{SteadyClock::now(), false, true};
    living_.store(static_cast<int>(connections_.size()), std::memory_order_relaxed);
    hand_over_(accepted);
  }

  // Whether there was one.
  bool EndLongestIdle() {
    const SteadyClock::time_point now = SteadyClock::now();
    const auto spare = [this, now](const Connection& connection) {
      return now - connection.last_word - (connection.has_spoken ? idle_ : silent_);
    };
    const auto longest = std::max_element(
        connections_.begin(), connections_.end(),
        [&spare](const auto& a, const auto& b) { return spare(a.second) < spare(b.second); });
    if (longest == connections_.end() || spare(longest->second) < SteadyClock::duration::zero()) return false;
    // gRPC sees that its peer is gone.
    shutdown(longest->first, SHUT_RDWR);
    Forget(longest->first);
    return true;
  }

  // Those who connect wait in the socket's queue until the next tick.
  void WaitForDescriptors() {
    const std::string why = std::strerror(errno);
    EndLongestIdle();
    WatchForNew(EPOLL_CTL_MOD, 0);
    is_out_of_descriptors_ = true;
    Warn(absl::StrCat("cannot accept connections to ", address_, ": ", why));
  }

  void Warn(const std::string& text) {
    const SteadyClock::time_point now = SteadyClock::now();
    if (now < quiet_until_) return;
    quiet_until_ = now + kQuietBetweenWarnings;
    LogWarning(text);
  }

  ListeningSockets sockets_;
  const std::string address_;
  const int max_connections_;
  const SteadyClock::duration idle_;
  const SteadyClock::duration silent_;
  const int epoll_;
  const int wake_;
  std::atomic<bool> stopping_{false};
  std::atomic<int> living_{0};
  std::atomic<int64_t> refused_{0};
  std::thread thread_;
  // Of the thread alone while it runs; by the descriptor that they are known by.
  HandOver hand_over_;
  std::map<int, Connection> connections_;
  bool is_out_of_descriptors_ = false;
  SteadyClock::time_point quiet_until_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Listener>> NewListener(const ListenerSettings& settings) {
  TWOFOLD_ASSIGN_OR_RETURN(ListeningSockets sockets, Listen(settings.address, settings.access));
  const int affordable = Affordable(settings.max_connections);
  if (affordable < settings.max_connections) {
    LogWarning("the limit of open files allows ", affordable, " connections to ", settings.address, ", not ",
               settings.max_connections, "; raise LimitNOFILE= or ulimit -n");
  }
  auto listener = std::make_unique<CountingListener>(std::move(sockets), settings, affordable);
  TWOFOLD_RETURN_IF_ERROR(listener->Prepare());
  return listener;
}

}  // namespace twofold
