#include "server/engine/subject_turns.h"

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace twofold {
namespace {

// Flows on one thread that keep their turn until the test says so.
class SubjectTurnsTest : public ::testing::Test {
 protected:
  // Asks for a turn; notes `name` when it has it, or when it has none.
  void Ask(const std::string& subject, const std::string& name, const CancellationToken* token = nullptr) {
    Start(
        context_.get_executor(), Hold(subject, name), [](Task<void> ended) { ended.TakeResult(); }, token);
    RunReady();
  }
  void EndTurn() {
    Completion<bool> done = std::move(holders_.front());
    holders_.erase(holders_.begin());
    std::move(done)(true);
    RunReady();
  }
  void RunReady() {
    context_.restart();
    context_.poll();
  }

  asio::io_context context_;
  SubjectTurns turns_;
  std::vector<std::string> served_;
  std::vector<std::string> refused_;
  std::vector<Completion<bool>> holders_;

 private:
  Task<void> Hold(std::string subject, std::string name) {
    const absl::StatusOr<SubjectTurns::Turn> turn = co_await turns_.Take(subject);
    if (!turn.ok()) {
      refused_.push_back(name);
      co_return;
    }
    served_.push_back(turn->waited() ? name + " after a wait" : name);
    co_await Await<bool>([this](Completion<bool> done) { holders_.push_back(std::move(done)); });
  }
};

using Names = std::vector<std::string>;

TEST_F(SubjectTurnsTest, FlowsOfOneSubjectComeOneAfterTheOtherInTheirOrder) {
  for (const char* name : {"a", "b", "c"}) Ask("ann", name);
  EXPECT_EQ(served_, Names({"a"}));
  EndTurn();
  EXPECT_EQ(served_, Names({"a", "b after a wait"}));
  Ask("ann", "d");
  EndTurn();
  EndTurn();
  EndTurn();
  EXPECT_EQ(served_, Names({"a", "b after a wait", "c after a wait", "d after a wait"}));
  Ask("ann", "e");
  EXPECT_EQ(served_.back(), "e") << "nobody has the turn any more";
  EndTurn();
}

TEST_F(SubjectTurnsTest, AnotherSubjectDoesNotWait) {
  Ask("ann", "a");
  Ask("bob", "b");
  EXPECT_EQ(served_, Names({"a", "b"}));
  EndTurn();
  EndTurn();
}

TEST_F(SubjectTurnsTest, TooManyAreRefused) {
  for (size_t i = 0; i < SubjectTurns::kMaxWaiting + 1; ++i) Ask("ann", "waits");
  EXPECT_EQ(refused_, Names());
  Ask("ann", "too many");
  EXPECT_EQ(refused_, Names({"too many"}));
  for (size_t i = 0; i < SubjectTurns::kMaxWaiting + 1; ++i) EndTurn();
  EXPECT_EQ(served_.size(), SubjectTurns::kMaxWaiting + 1);
}

TEST_F(SubjectTurnsTest, WhoeverGaveUpIsPassedOver) {
  CancellationToken given_up;
  CancellationToken expired;
  Ask("ann", "a");
  Ask("ann", "given up", &given_up);
  expired.LimitTo(std::chrono::steady_clock::now());
  Ask("ann", "expired", &expired);
  Ask("ann", "b");
  given_up.Cancel();
  EndTurn();
  EXPECT_EQ(refused_, Names({"given up", "expired"}));
  EXPECT_EQ(served_, Names({"a", "b after a wait"}));
  EndTurn();
}

TEST_F(SubjectTurnsTest, WhoeverGaveUpTakesNobodysPlace) {
  CancellationToken given_up;
  Ask("ann", "a");
  for (size_t i = 0; i < SubjectTurns::kMaxWaiting; ++i) Ask("ann", "gives up", &given_up);
  given_up.Cancel();
  Ask("ann", "b");
  EXPECT_EQ(refused_.size(), SubjectTurns::kMaxWaiting);
  EndTurn();
  EXPECT_EQ(served_, Names({"a", "b after a wait"}));
  EndTurn();
}

TEST(SubjectTurns, OnManyThreadsNoTwoFlowsHaveATurn) {
  SubjectTurns turns;
  std::atomic<int> inside{0};
  std::atomic<int> turns_taken{0};
  const auto flow = [&](int i) -> Task<void> {
    const std::string subject = i % 2 == 0 ? "ann" : "bob";
    const absl::StatusOr<SubjectTurns::Turn> turn = co_await turns.Take(subject);
    if (!turn.ok()) co_return;
    const int mine = i % 2 == 0 ? 1 : 1000;
    EXPECT_EQ(inside.fetch_add(mine) / mine % 1000, 0);
    ++turns_taken;
    // Somebody else may run.
    const TaskRun& run = co_await CurrentRun();
    const asio::any_io_executor here = run.executor();
    co_await Await<bool>([&here](Completion<bool> done) {
      asio::post(here, [done = std::move(done)]() mutable { done(true); });
    });
    inside.fetch_sub(mine);
  };
  constexpr int kThreads = 4;
  constexpr int kFlows = 32;
  // All may wait for the same subject at once.
  static_assert(kThreads * kFlows / 2 <= SubjectTurns::kMaxWaiting);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      asio::io_context context;
      for (int i = 0; i < kFlows; ++i) {
        Start(context.get_executor(), flow(i), [](Task<void> ended) { ended.TakeResult(); });
      }
      context.run();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(turns_taken, kThreads * kFlows);
}

}  // namespace
}  // namespace twofold
