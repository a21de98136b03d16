#include "server/ops/readiness.h"

#include <thread>

#include "gtest/gtest.h"

namespace twofold {
namespace {

TEST(Readiness, NothingHoldsBeforeItWasChecked) {
  const Readiness readiness({"storage", "limiter"});
  EXPECT_EQ(readiness.Check(), absl::UnavailableError("limiter: not checked yet; storage: not checked yet"));
  EXPECT_FALSE(readiness.Holds("storage"));
}

TEST(Readiness, ReadyWhenAllHold) {
  Readiness readiness({"storage", "limiter"});
  readiness.Set("storage", absl::OkStatus());
  EXPECT_EQ(readiness.Check(), absl::UnavailableError("limiter: not checked yet"));
  readiness.Set("limiter", absl::OkStatus());
  EXPECT_TRUE(readiness.Check().ok());
  EXPECT_TRUE(readiness.Holds("limiter"));
}

TEST(Readiness, NotReadyWhenOneIsLostAndReadyAgain) {
  Readiness readiness({"storage"});
  readiness.Set("storage", absl::OkStatus());
  readiness.Set("storage", absl::UnavailableError("connection refused"));
  EXPECT_EQ(readiness.Check(), absl::UnavailableError("storage: connection refused"));
  readiness.Set("storage", absl::OkStatus());
  EXPECT_TRUE(readiness.Check().ok());
}

TEST(Readiness, SetTellsChangesOnly) {
  Readiness readiness({"storage"});
  EXPECT_TRUE(readiness.Set("storage", absl::UnavailableError("a")));
  EXPECT_FALSE(readiness.Set("storage", absl::UnavailableError("a")));
  EXPECT_TRUE(readiness.Set("storage", absl::UnavailableError("b")));
  EXPECT_TRUE(readiness.Set("storage", absl::OkStatus()));
  EXPECT_FALSE(readiness.Set("storage", absl::OkStatus()));
}

TEST(Readiness, T41_AConditionThatWasSetLongAgoIsAskedForAgain) {
  Readiness readiness({"storage"});
  absl::Status now = absl::UnavailableError("not seen");
  readiness.AlsoAsk("storage", [&now] { return now; });
  EXPECT_EQ(readiness.Check(), absl::UnavailableError("storage: not checked yet"));
  readiness.Set("storage", absl::OkStatus());
  EXPECT_EQ(readiness.Check(), absl::UnavailableError("storage: not seen"));
  EXPECT_FALSE(readiness.Holds("storage"));
  now = absl::OkStatus();
  EXPECT_TRUE(readiness.Check().ok());
  EXPECT_TRUE(readiness.Holds("storage"));
}

TEST(Readiness, DrainingIsForGood) {
  Readiness readiness({"storage"});
  readiness.Set("storage", absl::OkStatus());
  readiness.StartDraining();
  readiness.Set("storage", absl::OkStatus());
  EXPECT_EQ(readiness.Check(), absl::UnavailableError("draining"));
}

TEST(Readiness, ManyThreads) {
  Readiness readiness({"storage"});
  std::thread flapping([&] {
    for (int i = 0; i < 1000; ++i)
      readiness.Set("storage", i % 2 ? absl::OkStatus() : absl::UnavailableError("x"));
  });
  for (int i = 0; i < 1000; ++i) readiness.Check().IgnoreError();
  flapping.join();
  EXPECT_TRUE(readiness.Check().ok());
}

}  // namespace
}  // namespace twofold
