#include "tests/redis/harness/fault_proxy.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <future>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "asio.hpp"
#include "common/async.h"
#include "tests/redis/harness/proxy_link.h"
#include "tests/redis/harness/reserved_port.h"

namespace twofold {

// Everything but the counters is of the thread that runs `io_`.
class FaultProxy::Loop {
 public:
  explicit Loop(int upstream_port)
      : upstream_(asio::ip::address_v4::loopback(), static_cast<uint16_t>(upstream_port)), acceptor_(io_) {
    Listen();
    thread_ = std::thread([this] { io_.run(); });
  }

  ~Loop() {
    Do([this] {
      acceptor_.close();
      Cut(CutBy::kClose);
      work_.reset();
    });
    thread_.join();
  }

  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Runs `change` on the loop's thread, then lets the links look at the faults again; returns when
  // that is done.
  void Do(const std::function<void()>& change) {
    std::promise<void> done;
    asio::post(io_, [&] {
      change();
      for (const auto& link : Links()) link->Wake();
      done.set_value();
    });
    done.get_future().wait();
  }

  // Only within Do, as what follows.
  void Change(Direction direction, const std::function<void(WayFaults&)>& change) {
    if (direction != Direction::kReplies) change(state_.faults[kRequestWay]);
    if (direction != Direction::kRequests) change(state_.faults[kReplyWay]);
  }

  void Cut(CutBy how) {
    state_.reply_budget.reset();
    for (const auto& link : Links()) link->Close(how == CutBy::kReset);
  }

  void CutAfter(size_t bytes, CutBy how) {
    state_.reply_budget = bytes;
    state_.cut = [this, how] { Cut(how); };
  }

  void Refuse() { acceptor_.close(); }

  void Heal() {
    state_.faults = {};
    state_.reply_budget.reset();
    if (!acceptor_.is_open()) Listen();
  }

  int port() const { return port_.number(); }
  int64_t accepted() const { return accepted_.load(); }
  const ProxyState& state() const { return state_; }

 private:
  void Listen() {
    const asio::ip::tcp::endpoint here(asio::ip::address_v4::loopback(),
                                       static_cast<uint16_t>(port_.number()));
    acceptor_.open(here.protocol());
    acceptor_.set_option(asio::socket_base::reuse_address(true));
    acceptor_.bind(here);
    acceptor_.listen();
    SpawnSockets(io_.get_executor(), state_.flows, Accept());
  }

  asio::awaitable<int> Accept() {
    asio::error_code error;
    for (;;) {
      auto token = asio::redirect_error(asio::use_awaitable, error);
      asio::ip::tcp::socket client = co_await acceptor_.async_accept(token);
      if (error) co_return 0;
      accepted_.fetch_add(1);
      const auto link = std::make_shared<ProxyLink>(std::move(client), state_);
      std::erase_if(links_, [](const auto& old) { return old.expired(); });
      links_.push_back(link);
      link->Start(upstream_);
    }
  }

  std::vector<std::shared_ptr<ProxyLink>> Links() const {
    std::vector<std::shared_ptr<ProxyLink>> alive;
    for (const auto& link : links_) {
      if (auto held = link.lock()) alive.push_back(std::move(held));
    }
    return alive;
  }

  const asio::ip::tcp::endpoint upstream_;
  const ReservedPort port_;
  // Before what has flows in it: the flows end with io_.
  ProxyState state_;
  std::atomic<int64_t> accepted_{0};
  std::vector<std::weak_ptr<ProxyLink>> links_;
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_ = asio::make_work_guard(io_);
  asio::ip::tcp::acceptor acceptor_;
  std::thread thread_;
};

FaultProxy::FaultProxy(int upstream_port) : loop_(std::make_unique<Loop>(upstream_port)) {}

FaultProxy::~FaultProxy() = default;

int FaultProxy::port() const { return loop_->port(); }

std::string FaultProxy::address() const { return absl::StrCat(host(), ":", port()); }

void FaultProxy::Delay(Direction direction, absl::Duration latency) {
  loop_->Do([&] {
    loop_->Change(direction, [&](WayFaults& faults) { faults.latency = absl::ToChronoNanoseconds(latency); });
  });
}

void FaultProxy::Drip(Direction direction, size_t bytes, absl::Duration interval) {
  loop_->Do([&] {
    loop_->Change(direction, [&](WayFaults& faults) {
      faults.drip_bytes = bytes;
      faults.drip_interval = absl::ToChronoNanoseconds(interval);
    });
  });
}

void FaultProxy::BlackHole(Direction direction) {
  loop_->Do([&] { loop_->Change(direction, [](WayFaults& faults) { faults.held = true; }); });
}

void FaultProxy::Cut(CutBy how) {
  loop_->Do([&] { loop_->Cut(how); });
}

void FaultProxy::CutAfterReplyBytes(size_t bytes, CutBy how) {
  loop_->Do([&] { loop_->CutAfter(bytes, how); });
}

void FaultProxy::Refuse() {
  loop_->Do([&] { loop_->Refuse(); });
}

void FaultProxy::Heal() {
  loop_->Do([&] { loop_->Heal(); });
}

int64_t FaultProxy::accepted() const { return loop_->accepted(); }

int64_t FaultProxy::open() const { return loop_->state().open.load(); }

int64_t FaultProxy::reply_bytes() const { return loop_->state().reply_bytes.load(); }

}  // namespace twofold
