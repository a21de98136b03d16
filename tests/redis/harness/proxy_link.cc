#include "tests/redis/harness/proxy_link.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "asio.hpp"
#include "common/async.h"

namespace twofold {
namespace {

constexpr size_t kReadBytes = 16384;

// A failure is how a connection ends, not an exception.
auto Into(asio::error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

}  // namespace

ProxyLink::ProxyLink(asio::ip::tcp::socket client, ProxyState& state)
    : client_(std::move(client)),
      server_(client_.get_executor()),
      state_(state),
      ways_{Way{client_, server_, asio::steady_timer(client_.get_executor()), {}, {}},
            Way{server_, client_, asio::steady_timer(client_.get_executor()), {}, {}}} {
  state_.open.fetch_add(1);
}

ProxyLink::~ProxyLink() { Close(false); }

void ProxyLink::Run(Flow flow) { SpawnSockets(client_.get_executor(), state_.flows, std::move(flow)); }

void ProxyLink::Start(const asio::ip::tcp::endpoint& upstream) { Run(Connect(shared_from_this(), upstream)); }

ProxyLink::Flow ProxyLink::Connect(std::shared_ptr<ProxyLink> self, asio::ip::tcp::endpoint upstream) {
  asio::error_code error;
  co_await server_.async_connect(upstream, Into(error));
  if (error || !open_) {
    Close(false);
    co_return 0;
  }
  // Else small pieces would wait for each other in the kernel.
  client_.set_option(asio::ip::tcp::no_delay(true), error);
  server_.set_option(asio::ip::tcp::no_delay(true), error);
  for (const size_t way : {kRequestWay, kReplyWay}) {
    Run(Fill(self, way));
    Run(Empty(self, way));
  }
  co_return 0;
}

ProxyLink::Flow ProxyLink::Fill(std::shared_ptr<ProxyLink> /*self*/, size_t way) {
  Way& through = ways_[way];
  std::array<char, kReadBytes> buffer;
  asio::error_code error;
  while (!error) {
    const size_t count = co_await through.from.async_read_some(asio::buffer(buffer), Into(error));
    // An end queues like bytes do: a side learns of it after everything that was sent before.
    through.queue.push_back(Chunk());
    through.queue.back().arrived = Clock::now();
    through.queue.back().bytes.assign(buffer.data(), error ? 0 : count);
    through.timer.cancel();
  }
  co_return 0;
}

ProxyLink::Flow ProxyLink::Empty(std::shared_ptr<ProxyLink> /*self*/, size_t way) {
  Way& through = ways_[way];
  asio::error_code error;
  while (open_ && !through.ended) {
    const Clock::time_point ready = ReadyAt(way);
    if (ready > Clock::now()) {
      through.timer.expires_at(ready);
      co_await through.timer.async_wait(Into(error));
      continue;
    }
    if (through.queue.front().bytes.empty()) {
      EndWay(way);
      continue;
    }
    const Taken taken = Take(way);
    // Counted first: whoever has received them finds them counted.
    if (way == kReplyWay) state_.reply_bytes.fetch_add(static_cast<int64_t>(taken.bytes.size()));
    co_await asio::async_write(through.to, asio::buffer(taken.bytes), Into(error));
    if (error) Close(false);
    if (taken.last) state_.cut();
  }
  co_return 0;
}

ProxyLink::Clock::time_point ProxyLink::ReadyAt(size_t way) const {
  const WayFaults& faults = state_.faults[way];
  const Way& through = ways_[way];
  if (through.queue.empty() || faults.held) return Clock::time_point::max();
  const Clock::time_point due = through.queue.front().arrived + faults.latency;
  return faults.drip_bytes == 0 ? due : std::max(due, through.next_drip);
}

ProxyLink::Taken ProxyLink::Take(size_t way) {
  const WayFaults& faults = state_.faults[way];
  Way& through = ways_[way];
  Taken taken;
  std::string& bytes = through.queue.front().bytes;
  size_t count = bytes.size();
  if (faults.drip_bytes > 0) {
    count = std::min(count, faults.drip_bytes);
    through.next_drip = Clock::now() + faults.drip_interval;
  }
  if (way == kReplyWay && state_.reply_budget.has_value()) {
    count = std::min(count, *state_.reply_budget);
    *state_.reply_budget -= count;
    taken.last = *state_.reply_budget == 0;
  }
  taken.bytes = bytes.substr(0, count);
  bytes.erase(0, count);
  if (bytes.empty()) through.queue.pop_front();
  return taken;
}

void ProxyLink::EndWay(size_t way) {
  asio::error_code ignored;
  ways_[way].ended = true;
  ways_[way].to.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  if (ways_[kRequestWay].ended && ways_[kReplyWay].ended) Close(false);
}

void ProxyLink::Wake() {
  for (Way& way : ways_) way.timer.cancel();
}

void ProxyLink::Close(bool reset) {
  if (!open_) return;
  open_ = false;
  state_.open.fetch_sub(1);
  asio::error_code ignored;
  for (asio::ip::tcp::socket* socket : {&client_, &server_}) {
    if (reset) socket->set_option(asio::socket_base::linger(true, 0), ignored);
    socket->close(ignored);
  }
  Wake();
}

}  // namespace twofold
