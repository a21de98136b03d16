#ifndef TWOFOLD_TESTS_REDIS_HARNESS_PROXY_LINK_H_
#define TWOFOLD_TESTS_REDIS_HARNESS_PROXY_LINK_H_

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "asio.hpp"
#include "common/async.h"

namespace twofold {

// The two ways through a proxy, as indexes.
constexpr size_t kRequestWay = 0;
constexpr size_t kReplyWay = 1;

// What befalls the bytes of one way.
struct WayFaults {
  std::chrono::nanoseconds latency{0};
  // 0: no limit.
  size_t drip_bytes = 0;
  std::chrono::nanoseconds drip_interval{0};
  bool held = false;
};

// What all links of a proxy share. Of the proxy's thread alone, but for the atomics.
struct ProxyState {
  std::array<WayFaults, 2> faults;
  // How many more bytes of replies may pass until `cut` is called.
  std::optional<size_t> reply_budget;
  std::function<void()> cut;
  std::atomic<int64_t> reply_bytes{0};
  std::atomic<int64_t> open{0};
  InFlight flows;
};

// A failure closes what it concerns, and is nobody else's.
template <typename Executor>
void SpawnSockets(const Executor& executor, InFlight& flows, asio::awaitable<int> flow) {
  flows.Begin();
  asio::co_spawn(executor, std::move(flow), [&flows](const std::exception_ptr&, int) { flows.End(); });
}

// One client's connection and the one upstream that belongs to it. Each way has a queue: one flow
// fills it from a socket, another empties it into the other socket when the faults allow. Used on
// the proxy's thread alone; `state` outlives it.
class ProxyLink : public std::enable_shared_from_this<ProxyLink> {
 public:
  ProxyLink(asio::ip::tcp::socket client, ProxyState& state);
  ~ProxyLink();
  ProxyLink(const ProxyLink&) = delete;
  ProxyLink& operator=(const ProxyLink&) = delete;

  // Connects to the upstream and starts the flows, which keep the link alive while it is open.
  void Start(const asio::ip::tcp::endpoint& upstream);
  // To be called when the faults have changed.
  void Wake();
  // Ends both connections, by RST or by FIN. Once.
  void Close(bool reset);
  bool is_open() const { return open_; }

 private:
  using Clock = std::chrono::steady_clock;
  using Flow = asio::awaitable<int>;

  struct Chunk {
    Clock::time_point arrived;
    // Empty: the end.
    std::string bytes;
  };

  struct Taken {
    // Empty when nothing of the budget was left.
    std::string bytes;
    // The budget is spent with this.
    bool last = false;
  };

  struct Way {
    asio::ip::tcp::socket& from;
    asio::ip::tcp::socket& to;
    // Runs out when the next chunk may pass.
    asio::steady_timer timer;
    std::deque<Chunk> queue;
    Clock::time_point next_drip;
    bool ended = false;
  };

  // `self` keeps the link alive while a flow is suspended.
  Flow Connect(std::shared_ptr<ProxyLink> self, asio::ip::tcp::endpoint upstream);
  Flow Fill(std::shared_ptr<ProxyLink> self, size_t way);
  Flow Empty(std::shared_ptr<ProxyLink> self, size_t way);
  void Run(Flow flow);
  // When the first chunk may pass; Clock::time_point::max() when there is none or it is held.
  Clock::time_point ReadyAt(size_t way) const;
  // Takes as much of the first chunk as may pass at once.
  Taken Take(size_t way);
  void EndWay(size_t way);

  asio::ip::tcp::socket client_;
  asio::ip::tcp::socket server_;
  ProxyState& state_;
  std::array<Way, 2> ways_;
  bool open_ = true;
};

}  // namespace twofold

#endif  // TWOFOLD_TESTS_REDIS_HARNESS_PROXY_LINK_H_
