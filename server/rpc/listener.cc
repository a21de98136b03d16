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
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "server/ops/log.h"
#include "server/rpc/traffic.h"

namespace twofold {
namespace {

using SteadyClock = std::chrono::steady_clock;

// How often active connections are checked, and all connections.
constexpr auto kTick = std::chrono::milliseconds(25);
constexpr auto kSweep = std::chrono::seconds(10);
// Where the system does not count bytes, the time of a connection's last activity is this inexact.
constexpr auto kWord = std::chrono::seconds(1);
constexpr auto kQuietBetweenWarnings = std::chrono::minutes(1);
// Files, stores and listening sockets need some descriptors beside the two of each connection.
constexpr rlim_t kOtherDescriptors = 256;

// Returns how many of `wanted` connections the limit of open files allows.
int Affordable(int wanted) {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY) return wanted;
  const rlim_t spare = files.rlim_cur > kOtherDescriptors ? files.rlim_cur - kOtherDescriptors : 0;
  return static_cast<int>(std::clamp<rlim_t>(spare / 2, 1, static_cast<rlim_t>(wanted)));
}

// A connection is known by a second descriptor of its socket. gRPC shuts a socket down before it
// closes its own descriptor, and the second descriptor then reports a hang-up.
struct Connection {
  explicit Connection(SteadyClock::time_point now) : last_word(now), history(now) {}

  SteadyClock::time_point last_word;
  bool has_spoken = false;
  // Whether epoll reports the next bytes, because the connection is silent.
  bool is_watched = true;
  uint64_t read = 0;
  TrafficHistory history;
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
    while (!stopping_) {
      TakeEvents();
      const SteadyClock::time_point now = SteadyClock::now();
      const bool looks_at_all = now >= next_sweep_;
      if (now < next_tick_ && !looks_at_all) continue;
      next_tick_ = now + kTick;
      if (looks_at_all) next_sweep_ = now + kSweep;
      Look(now, looks_at_all);
      if (std::exchange(is_out_of_descriptors_, false)) WatchForNew(EPOLL_CTL_MOD, EPOLLIN);
    }
  }

  // Returns milliseconds, as epoll_wait takes them.
  int LongestWait() const {
    if (connections_.empty() && !is_out_of_descriptors_) return -1;
    const auto until = speaking_ > 0 || is_out_of_descriptors_ ? next_tick_ : next_sweep_;
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(until - SteadyClock::now());
    return static_cast<int>(std::max<int64_t>(wait.count(), 0));
  }

  // Checks active connections, or all of them if `at_all` is true.
  void Look(SteadyClock::time_point now, bool at_all) {
    std::vector<std::pair<int, TrafficHistory::Verdict>> to_end;
    for (auto& entry : connections_) {
      const int descriptor = entry.first;
      Connection& connection = entry.second;
      if (connection.is_watched && !at_all) continue;
      const std::optional<Traffic> traffic = TrafficOf(descriptor);
      if (traffic.has_value() && traffic->read != connection.read) {
        connection.read = traffic->read;
        connection.last_word = now;
      } else if (!connection.is_watched && (traffic.has_value() || now - connection.last_word >= kWord)) {
        connection.is_watched = true;
        --speaking_;
        Watch(EPOLL_CTL_MOD, descriptor, EPOLLIN | EPOLLET);
      }
      if (!traffic.has_value()) continue;
      const TrafficHistory::Verdict verdict = connection.history.Look(*traffic, now);
      if (verdict != TrafficHistory::Verdict::kFine) to_end.emplace_back(descriptor, verdict);
    }
    for (const auto& [descriptor, verdict] : to_end) {
      if (verdict == TrafficHistory::Verdict::kFlood) {
        Warn(absl::StrCat("ended a connection to ", address_,
                          ": its client floods it with HTTP/2 frames and takes no answers"));
      }
      End(descriptor);
    }
  }

  // Waits for events and handles them. New connections come last, when those that have ended are
  // forgotten.
  void TakeEvents() {
    std::array<epoll_event, 64> events{};
    const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), LongestWait());
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

  // Marks the connection as active. It is checked in each tick from now on.
  void Hear(int descriptor, Connection& connection) {
    connection.last_word = SteadyClock::now();
    connection.has_spoken = true;
    if (connection.is_watched) ++speaking_;
    connection.is_watched = false;
    Watch(EPOLL_CTL_MOD, descriptor, EPOLLET);
  }

  // Shuts the connection down. gRPC sees that its peer is gone, and the bytes that the peer has
  // sent are discarded.
  void End(int descriptor) {
    constexpr size_t kMuch = 1 << 20;
    shutdown(descriptor, SHUT_RDWR);
    while (recv(descriptor, nullptr, kMuch, MSG_DONTWAIT | MSG_TRUNC) > 0) continue;
    Forget(descriptor);
  }

  void Forget(int descriptor) {
    // The socket stays open in gRPC, so epoll would go on to report it.
    Watch(EPOLL_CTL_DEL, descriptor, 0);
    close(descriptor);
    const auto known = connections_.find(descriptor);
    if (!known->second.is_watched) --speaking_;
    connections_.erase(known);
    living_.store(static_cast<int>(connections_.size()), std::memory_order_relaxed);
  }

  // Accepts a few connections at a time, so that the ends of others are noticed between them.
  void Accept(int listening) {
    constexpr int kMany = 16;
    for (int i = 0; i < kMany; ++i) {
      const int accepted = accept4(listening, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (accepted >= 0) {
        Take(accepted);
      } else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
        WaitForDescriptors(errno);
        return;
      } else if (errno != EINTR && errno != ECONNABORTED) {
        return;
      }
    }
  }

  // Takes over the descriptor.
  void Take(int accepted) {
    if (static_cast<int>(connections_.size()) >= max_connections_ && !EndLongestIdle()) {
      // The count comes first, because the refused client may read it at once.
      refused_.fetch_add(1, std::memory_order_relaxed);
      close(accepted);
      Warn(absl::StrCat("refused a connection to ", address_, ": there are ", max_connections_,
                        " (--max_connections), and none of them is idle"));
      return;
    }
    const int known_by = fcntl(accepted, F_DUPFD_CLOEXEC, 0);
    if (known_by < 0 || !Watch(EPOLL_CTL_ADD, known_by, EPOLLIN | EPOLLET)) {
      const int error = errno;
      if (known_by >= 0) close(known_by);
      close(accepted);
      WaitForDescriptors(error);
      return;
    }
    connections_.emplace(known_by, SteadyClock::now());
    living_.store(static_cast<int>(connections_.size()), std::memory_order_relaxed);
    hand_over_(accepted);
  }

  // Returns whether an idle connection was ended.
  bool EndLongestIdle() {
    const SteadyClock::time_point now = SteadyClock::now();
    const auto spare = [this, now](const Connection& connection) {
      return now - connection.last_word - (connection.has_spoken ? idle_ : silent_);
    };
    const auto longest = std::max_element(
        connections_.begin(), connections_.end(),
        [&spare](const auto& a, const auto& b) { return spare(a.second) < spare(b.second); });
    if (longest == connections_.end() || spare(longest->second) < SteadyClock::duration::zero()) return false;
    End(longest->first);
    return true;
  }

  // New connections wait in the socket's queue until the next tick.
  void WaitForDescriptors(int error) {
    EndLongestIdle();
    WatchForNew(EPOLL_CTL_MOD, 0);
    is_out_of_descriptors_ = true;
    Warn(absl::StrCat("cannot accept connections to ", address_, ": ", std::strerror(error)));
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
  // Used by the listener's thread only while it runs. Connections are found by their second
  // descriptor.
  HandOver hand_over_;
  std::map<int, Connection> connections_;
  // The number of active connections, which epoll does not watch.
  int speaking_ = 0;
  bool is_out_of_descriptors_ = false;
  SteadyClock::time_point next_tick_ = SteadyClock::now();
  SteadyClock::time_point next_sweep_ = SteadyClock::now();
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
