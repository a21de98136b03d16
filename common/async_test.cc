#include "common/async.h"

#include <chrono>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace twofold {
namespace {

Task<absl::StatusOr<int>> FinishedElsewhere(std::vector<std::thread>& threads, int value) {
  int got = co_await Await<int>([&threads, value](Completion<int> done) {
    threads.emplace_back([done = std::move(done), value]() mutable { std::move(done)(value); });
  });
  co_return got;
}

Task<absl::StatusOr<int>> Throws() {
  throw std::runtime_error("broken");
  co_return 0;
}

Task<std::thread::id> ThreadAfterSuspend() {
  std::thread other;
  co_await Await<int>([&other](Completion<int> done) {
    other = std::thread([done = std::move(done)]() mutable { std::move(done)(0); });
  });
  other.join();
  co_return std::this_thread::get_id();
}

TEST(Await, DeliversTheValueOfAnotherThread) {
  std::vector<std::thread> threads;
  EXPECT_EQ(SyncWait(FinishedElsewhere(threads, 42)).value(), 42);
  threads.front().join();
}

TEST(Await, ResumesOnTheFlowsOwnThread) {
  EXPECT_EQ(SyncWait(ThreadAfterSuspend()), std::this_thread::get_id());
}

TEST(Await, HundredsOfFlowsShareOneThread) {
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

Task<absl::StatusOr<int>> ThrowsAfter(std::vector<std::thread>& threads) {
  absl::StatusOr<int> value = co_await FinishedElsewhere(threads, 1);
  throw std::runtime_error("broken");
  co_return value;
}

Task<absl::StatusOr<int>> AtOnce(int value) { co_return value; }

// Ends when the other one has begun.
Task<absl::StatusOr<int>> Meets(Completion<int>& mine, Completion<int>& others, int value) {
  co_await Await<int>([&mine, &others](Completion<int> done) {
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

Task<int64_t> CountUp(int64_t times) {
  int64_t sum = 0;
  for (int64_t i = 0; i < times; ++i) sum += (co_await AtOnce(1)).value();
  co_return sum;
}

TEST(Task, AMillionThatEndAtOnceDoNotPileUpOnTheStack) { EXPECT_EQ(SyncWait(CountUp(1000000)), 1000000); }

Task<absl::StatusOr<int>> WaitsForever(Completion<int>& waiting, std::shared_ptr<int> held) {
  int got = co_await Await<int>([&waiting](Completion<int> done) { waiting = std::move(done); });
  co_return got + *held;
}

TEST(Await, ADroppedCompletionAbandonsTheTaskAndAllThatWaitForIt) {
  asio::io_context context;
  InFlight in_flight;
  Completion<int> waiting;
  auto held = std::make_shared<int>(0);
  Spawn(context.get_executor(), in_flight, WaitsForever(waiting, held),
        [](const absl::StatusOr<int>&) { ADD_FAILURE() << "it has no result"; });
  EXPECT_EQ(held.use_count(), 2);
  waiting = nullptr;
  EXPECT_EQ(held.use_count(), 1) << "its frame is gone";
}

TEST(Await, ACompletionDroppedAtOnceAbandonsTheTask) {
  asio::io_context context;
  InFlight in_flight;
  auto held = std::make_shared<int>(0);
  auto flow = [](std::shared_ptr<int> kept) -> Task<absl::StatusOr<int>> {
    co_await Await<int>([](const Completion<int>&) {});
    co_return *kept;
  };
  Spawn(context.get_executor(), in_flight, flow(held),
        [](const absl::StatusOr<int>&) { ADD_FAILURE() << "it has no result"; });
  EXPECT_EQ(held.use_count(), 1);
}

TEST(Start, ATaskThatEndsAtOnceDoesNotStopTheContextOfTheNext) {
  asio::io_context context;
  InFlight in_flight;
  std::vector<std::thread> threads;
  int sum = 0;
  const auto add = [&sum](const absl::StatusOr<int>& result) { sum += result.value(); };
  Spawn(context.get_executor(), in_flight, AtOnce(1), add);
  Spawn(context.get_executor(), in_flight, FinishedElsewhere(threads, 10), add);
  context.run();
  EXPECT_EQ(sum, 11);
  for (std::thread& thread : threads) thread.join();
}

TEST(Await, TheContextMayBeGoneAsSoonAsItsLastTaskHasEnded) {
  for (int i = 0; i < 2000; ++i) {
    std::vector<std::thread> threads;
    EXPECT_EQ(SyncWait(FinishedElsewhere(threads, i)).value(), i);
    threads.front().join();
  }
}

TEST(WhenAll, MayBeAbandonedInAnyOrder) {
  for (const bool first_goes_first : {true, false}) {
    asio::io_context context;
    Completion<int> first;
    Completion<int> second;
    auto held = std::make_shared<int>(0);
    Start(context.get_executor(), WhenAll(WaitsForever(first, held), WaitsForever(second, held)),
          [](auto) { ADD_FAILURE() << "it has no result"; });
    EXPECT_EQ(held.use_count(), 3);
    (first_goes_first ? first : second) = nullptr;
    (first_goes_first ? second : first) = nullptr;
    EXPECT_EQ(held.use_count(), 1);
  }
}

Task<absl::StatusOr<int>> TokenOf(const CancellationToken*& token) {
  const TaskRun& run = co_await CurrentRun();
  token = run.token();
  co_return 0;
}

TEST(CancellationToken, ReachesEveryTaskOfARun) {
  asio::io_context context;
  const CancellationToken token;
  const CancellationToken* of_first = nullptr;
  const CancellationToken* of_second = nullptr;
  Start(
      context.get_executor(), WhenAll(TokenOf(of_first), TokenOf(of_second)), [](auto) {}, &token);
  EXPECT_EQ(of_first, &token);
  EXPECT_EQ(of_second, &token);
}

TEST(CancellationToken, EndsWithItsTimeOrWithACancel) {
  const auto now = std::chrono::steady_clock::now();
  CancellationToken token(now + std::chrono::seconds(1));
  EXPECT_TRUE(token.Lasts(now));
  EXPECT_FALSE(token.Lasts(now + std::chrono::seconds(1)));
  token.Cancel();
  EXPECT_FALSE(token.Lasts(now));
}

TEST(WhenAll, GivesEachResultInItsPlaceWhicheverComesFirst) {
  std::vector<std::thread> threads;
  EXPECT_EQ(SumOf(SyncWait(WhenAll(AtOnce(1), AtOnce(2)))), 12);
  EXPECT_EQ(SumOf(SyncWait(WhenAll(FinishedElsewhere(threads, 1), AtOnce(2)))), 12);
  EXPECT_EQ(SumOf(SyncWait(WhenAll(AtOnce(1), FinishedElsewhere(threads, 2)))), 12);
  EXPECT_EQ(SumOf(SyncWait(WhenAll(FinishedElsewhere(threads, 1), FinishedElsewhere(threads, 2)))), 12);
  for (std::thread& thread : threads) thread.join();
}

TEST(WhenAll, RunsTwoTasksAtTheSameTime) {
  Completion<int> first;
  Completion<int> second;
  EXPECT_EQ(SumOf(SyncWait(WhenAll(Meets(first, second, 1), Meets(second, first, 2)))), 12);
}

TEST(WhenAll, RethrowsAnExceptionOnceTheOtherHasEnded) {
  std::vector<std::thread> threads;
  EXPECT_THROW(SyncWait(WhenAll(Throws(), AtOnce(2))), std::runtime_error);
  EXPECT_THROW(SyncWait(WhenAll(AtOnce(1), Throws())), std::runtime_error);
  EXPECT_THROW(SyncWait(WhenAll(Throws(), Throws())), std::runtime_error);
  EXPECT_THROW(SyncWait(WhenAll(Throws(), FinishedElsewhere(threads, 2))), std::runtime_error);
  EXPECT_THROW(SyncWait(WhenAll(FinishedElsewhere(threads, 1), Throws())), std::runtime_error);
  EXPECT_THROW(SyncWait(WhenAll(ThrowsAfter(threads), FinishedElsewhere(threads, 2))), std::runtime_error);
  EXPECT_THROW(SyncWait(WhenAll(FinishedElsewhere(threads, 1), ThrowsAfter(threads))), std::runtime_error);
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
