#include "server/rpc/request_loop.h"

#include <grpcpp/alarm.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/synchronization/notification.h"
#include "asio/post.hpp"
#include "common/sleeping_loop.h"
#include "common/steady.h"
#include "tests/harness/wall_clock.h"

namespace twofold {
namespace {

class SleepCounter final : public LoopObserver {
 public:
  void BeforeWait(bool may_sleep) override { sleeps_ += may_sleep ? 1 : 0; }
  void AfterWait() override {}
  int sleeps() const { return sleeps_; }

 private:
  std::atomic<int> sleeps_{0};
};

// A loop on its thread, of a server without services.
class RequestLoopTest : public ::testing::Test {
 protected:
  RequestLoopTest() : loop_(builder_.AddCompletionQueue(), monitor_), server_(builder_.BuildAndStart()) {
    loop_.Observe(&counter_);
    thread_ = std::thread([this] { loop_.Run(); });
  }
  ~RequestLoopTest() override {
    server_->Shutdown();
    loop_.Flush();
    monitor_.Stop();
    loop_.queue()->Shutdown();
    thread_.join();
  }
  void OnLoop(absl::AnyInvocable<void()> work) {
    absl::Notification done;
    loop_.Post([&] {
      std::move(work)();
      done.Notify();
    });
    done.WaitForNotification();
  }

  SleepCounter counter_;
  DescriptorMonitor monitor_;
  grpc::ServerBuilder builder_;
  RequestLoop loop_;
  const std::unique_ptr<grpc::Server> server_;
  std::thread thread_;
};

TEST_F(RequestLoopTest, WorkOfTheLoopsThreadRunsInOrderAndNotInsidePost) {
  std::vector<int> ran;
  absl::Notification last;
  OnLoop([&] {
    for (int i = 0; i < 200; ++i) {
      loop_.Post([&, i] { ran.push_back(i); });
    }
    loop_.Post([&] { last.Notify(); });
    EXPECT_TRUE(ran.empty());
  });
  last.WaitForNotification();
  ASSERT_EQ(ran.size(), 200U);
  for (int i = 0; i < 200; ++i) EXPECT_EQ(ran[static_cast<size_t>(i)], i);
}

TEST_F(RequestLoopTest, WorkOfAnotherThreadWakesALoopThatSleeps) {
  for (int i = 0; i < 3; ++i) {
    while (counter_.sleeps() <= i) std::this_thread::yield();
    bool on_loop = false;
    OnLoop([&] { on_loop = loop_.OnLoopThread(); });
    EXPECT_TRUE(on_loop);
    EXPECT_FALSE(loop_.OnLoopThread());
  }
}

// A flow that always goes on at once.
TEST_F(RequestLoopTest, AFlowThatNeverSuspendsDoesNotBlockEventsOrOtherWork) {
  std::atomic<bool> stop{false};
  std::atomic<int64_t> steps{0};
  std::function<void()> go_on = [&] {
    ++steps;
    if (!stop) loop_.Post([&] { go_on(); });
  };
  loop_.Post([&] { go_on(); });
  while (steps < 1000) std::this_thread::yield();
  loop_.Flush();
  absl::Notification read;
  asio::post(loop_.context(), [&] { read.Notify(); });
  read.WaitForNotification();
  OnLoop([] {});
  stop = true;
  OnLoop([] {});
}

// Only one loop at a time polls, here the first, which has nothing to wake up for. The others wait
// inside gRPC until a time of day.
TEST(RequestLoops, T41_ALoopThatSleepsWhileTheClockIsSetBackGoesOnWhenItIsWoken) {
  DescriptorMonitor monitor;
  grpc::ServerBuilder builder;
  std::vector<std::unique_ptr<RequestLoop>> loops;
  SleepCounter counters[3];
  for (SleepCounter& counter : counters) {
    loops.push_back(std::make_unique<RequestLoop>(builder.AddCompletionQueue(), monitor));
    loops.back()->Observe(&counter);
  }
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  std::vector<std::unique_ptr<SleepingLoop::Polling>> polling;
  std::vector<std::thread> threads;
  for (auto& loop : loops) {
    const bool is_first = polling.empty();
    polling.push_back(
        std::make_unique<SleepingLoop::Polling>(is_first ? nullptr : SleepingLoop::Of(loop->context())));
    threads.emplace_back([&loop] { loop->Run(); });
    while (is_first && counters[0].sleeps() == 0) SteadySleep(absl::Milliseconds(1));
  }
  const auto turns_on = [](const SleepCounter& counter) {
    const SteadyTime limit = SteadyAfter(absl::Seconds(20));
    const int before = counter.sleeps();
    while (counter.sleeps() < before + 3 && SteadyNow() < limit) SteadySleep(absl::Milliseconds(1));
    return counter.sleeps() >= before + 3;
  };
  for (int i : {1, 2}) EXPECT_TRUE(turns_on(counters[i]));
  StepWallClock(-absl::Hours(1));
  for (auto& loop : loops) loop->Post([] {});
  for (int i : {1, 2}) EXPECT_TRUE(turns_on(counters[i]));
  server->Shutdown();
  for (size_t i = 0; i < loops.size(); ++i) {
    loops[i]->Post([&polling, i] { polling[i] = nullptr; });
    loops[i]->Flush();
    loops[i]->queue()->Shutdown();
    threads[i].join();
  }
  monitor.Stop();
  StepWallClock(absl::Hours(1));
}

class CountingTag final : public QueueTag {
 public:
  explicit CountingTag(int& count) : count_(count) {}
  void OnEvent(bool) override { ++count_; }

 private:
  int& count_;
};

// Each event brings the next one, as gRPC hands out little by little what several connections have
// sent.
class TricklingTag final : public QueueTag {
 public:
  TricklingTag(grpc::CompletionQueue* queue, int left) : queue_(queue), left_(left) {}
  void Next() { alarm_.Set(queue_, gpr_time_0(GPR_CLOCK_MONOTONIC), this); }
  void OnEvent(bool) override {
    if (--left_ > 0) Next();
  }
  int left() const { return left_; }

 private:
  grpc::CompletionQueue* const queue_;
  grpc::Alarm alarm_;
  int left_;
};

// Calls that are too many wait inside gRPC, and are not refused, until the loop has seen them.
TEST_F(RequestLoopTest, HandlesAllArrivalsBeforeFlowsGoOn) {
  constexpr int kArrivals = 2000;
  int handled = 0;
  CountingTag counting(handled);
  TricklingTag trickling(loop_.queue(), 20);
  std::vector<grpc::Alarm> alarms(kArrivals);
  int handled_before_flow = 0;
  int left_before_flow = 0;
  absl::Notification flowed;
  OnLoop([&] {
    for (grpc::Alarm& alarm : alarms) alarm.Set(loop_.queue(), gpr_time_0(GPR_CLOCK_MONOTONIC), &counting);
    trickling.Next();
    // From another thread, as its work is looked at after the arrivals.
    std::thread([&] {
      loop_.Post([&] {
        handled_before_flow = handled;
        left_before_flow = trickling.left();
        flowed.Notify();
      });
    }).join();
  });
  flowed.WaitForNotification();
  EXPECT_EQ(handled_before_flow, kArrivals);
  EXPECT_EQ(left_before_flow, 0);
}

}  // namespace
}  // namespace twofold
