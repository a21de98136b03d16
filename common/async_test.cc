#include "common/async.h"

#include <stdexcept>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace twofold {
namespace {

asio::awaitable<absl::StatusOr<int>> FinishedElsewhere(std::vector<std::thread>& threads, int value) {
  int got = co_await Suspend<int>([&threads, value](Completion<int> done) {
    threads.emplace_back([done = std::move(done), value]() mutable { std::move(done)(value); });
  });
  co_return got;
}

asio::awaitable<absl::StatusOr<int>> Throws() {
  throw std::runtime_error("broken");
  co_return 0;
}

asio::awaitable<std::thread::id> ThreadAfterSuspend() {
  std::thread other;
  co_await Suspend<int>([&other](Completion<int> done) {
    other = std::thread([done = std::move(done)]() mutable { std::move(done)(0); });
  });
  other.join();
  co_return std::this_thread::get_id();
}

TEST(Suspend, DeliversTheValueOfAnotherThread) {
  std::vector<std::thread> threads;
  EXPECT_EQ(BlockOn(FinishedElsewhere(threads, 42)).value(), 42);
  threads.front().join();
}

TEST(Suspend, ResumesOnTheFlowsOwnThread) {
  EXPECT_EQ(BlockOn(ThreadAfterSuspend()), std::this_thread::get_id());
}

TEST(Suspend, HundredsOfFlowsShareOneThread) {
  asio::io_context context;
  InFlight in_flight;
  std::vector<std::thread> threads;
  int sum = 0;
  for (int i = 0; i < 300; ++i) {
    Spawn(context.get_executor(), in_flight, FinishedElsewhere(threads, 1),
          [&sum](absl::StatusOr<int> result) { sum += result.value(); });
  }
  EXPECT_EQ(in_flight.count(), 300);
  context.run();
  EXPECT_EQ(sum, 300);
  EXPECT_TRUE(in_flight.WaitForNone(absl::ZeroDuration()));
  for (std::thread& thread : threads) thread.join();
}

TEST(Spawn, TurnsAnExceptionIntoInternalAndStillFinishesTheCall) {
  asio::io_context context;
  InFlight in_flight;
  absl::Status status;
  Spawn(context.get_executor(), in_flight, Throws(),
        [&status](const absl::StatusOr<int>& result) { status = result.status(); });
  context.run();
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(in_flight.count(), 0);
}

TEST(InFlight, WaitForNoneGivesUpAtTheTimeout) {
  InFlight in_flight;
  in_flight.Begin();
  EXPECT_FALSE(in_flight.WaitForNone(absl::Milliseconds(1)));
  in_flight.End();
  EXPECT_TRUE(in_flight.WaitForNone(absl::Milliseconds(1)));
}

}  // namespace
}  // namespace twofold
