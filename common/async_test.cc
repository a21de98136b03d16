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

asio::awaitable<absl::StatusOr<int>> ThrowsAfter(std::vector<std::thread>& threads) {
  absl::StatusOr<int> value = co_await FinishedElsewhere(threads, 1);
  throw std::runtime_error("broken");
  co_return value;
}

asio::awaitable<absl::StatusOr<int>> AtOnce(int value) { co_return value; }

// Ends when the other one has begun.
asio::awaitable<absl::StatusOr<int>> Meets(Completion<int>& mine, Completion<int>& others, int value) {
  co_await Suspend<int>([&mine, &others](Completion<int> done) {
    mine = std::move(done);
    if (!mine || !others) return;
    std::exchange(mine, nullptr)(0);
    std::exchange(others, nullptr)(0);
  });
  co_return value;
}

int SumOf(const std::pair<absl::StatusOr<int>, absl::StatusOr<int>>& both) {
  return both.first.value() * 10 + both.second.value();
}

TEST(Both, GivesEachResultInItsPlaceWhicheverComesFirst) {
  std::vector<std::thread> threads;
  EXPECT_EQ(SumOf(BlockOn(Both(AtOnce(1), AtOnce(2)))), 12);
  EXPECT_EQ(SumOf(BlockOn(Both(FinishedElsewhere(threads, 1), AtOnce(2)))), 12);
  EXPECT_EQ(SumOf(BlockOn(Both(AtOnce(1), FinishedElsewhere(threads, 2)))), 12);
  EXPECT_EQ(SumOf(BlockOn(Both(FinishedElsewhere(threads, 1), FinishedElsewhere(threads, 2)))), 12);
  for (std::thread& thread : threads) thread.join();
}

TEST(Both, TheyRunSideBySide) {
  Completion<int> first;
  Completion<int> second;
  EXPECT_EQ(SumOf(BlockOn(Both(Meets(first, second, 1), Meets(second, first, 2)))), 12);
}

TEST(Both, AnExceptionGoesOnOnceTheOtherHasEnded) {
  std::vector<std::thread> threads;
  EXPECT_THROW(BlockOn(Both(Throws(), AtOnce(2))), std::runtime_error);
  EXPECT_THROW(BlockOn(Both(AtOnce(1), Throws())), std::runtime_error);
  EXPECT_THROW(BlockOn(Both(Throws(), Throws())), std::runtime_error);
  EXPECT_THROW(BlockOn(Both(Throws(), FinishedElsewhere(threads, 2))), std::runtime_error);
  EXPECT_THROW(BlockOn(Both(FinishedElsewhere(threads, 1), Throws())), std::runtime_error);
  EXPECT_THROW(BlockOn(Both(ThrowsAfter(threads), FinishedElsewhere(threads, 2))), std::runtime_error);
  EXPECT_THROW(BlockOn(Both(FinishedElsewhere(threads, 1), ThrowsAfter(threads))), std::runtime_error);
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
