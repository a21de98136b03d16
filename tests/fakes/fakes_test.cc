#include <chrono>

#include "absl/strings/str_cat.h"
#include "common/async.h"
#include "gtest/gtest.h"
#include "storage/memory/memory_storage.h"
#include "tests/fakes/delayed_storage.h"
#include "tests/fakes/fake_rate_limiter.h"
#include "tests/fakes/faulty_storage.h"
#include "tests/fakes/hooked_storage.h"

namespace twofold {
namespace {

Version VersionOf(Storage& storage, const std::string& key) {
  const auto found = SyncWait(storage.Get(key));
  return found.ok() ? found->version : kAbsent;
}

TEST(DelayedStorage, HundredsOfCallsOnOneThreadTakeOneDelay) {
  const auto memory = NewMemoryStorage();
  DelayedStorage slow(*memory, absl::Milliseconds(200));
  asio::io_context context;
  InFlight in_flight;
  int not_found = 0;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 500; ++i) {
    Spawn(context.get_executor(), in_flight, slow.Get(absl::StrCat("k", i)), [&](const auto& result) {
      not_found += result.status().code() == absl::StatusCode::kNotFound ? 1 : 0;
    });
  }
  context.run();
  const auto took = std::chrono::steady_clock::now() - start;
  EXPECT_EQ(not_found, 500);
  EXPECT_GE(took, std::chrono::milliseconds(200));
  EXPECT_LT(took, std::chrono::seconds(20));
}

TEST(FaultyStorage, FollowsItsScript) {
  const auto memory = NewMemoryStorage();
  FaultyStorage faulty(*memory);
  faulty.Script(StorageCall::kPut, StorageFault::kUnavailable);
  faulty.Script(StorageCall::kPut, StorageFault::kConflict);
  faulty.Script(StorageCall::kPut, StorageFault::kUnknownAndLost);
  faulty.Script(StorageCall::kPut, StorageFault::kUnknownAndDone);
  const struct {
    absl::StatusCode code;
    Version version_after;
  } steps[] = {{absl::StatusCode::kUnavailable, kAbsent},
               {absl::StatusCode::kAborted, kAbsent},
               {absl::StatusCode::kUnknown, kAbsent},
               {absl::StatusCode::kUnknown, 7},
               {absl::StatusCode::kAborted, 7}};
  for (const auto& step : steps) {
    EXPECT_EQ(SyncWait(faulty.Put("k", "v", kAbsent, 7)).code(), step.code);
    EXPECT_EQ(VersionOf(*memory, "k"), step.version_after);
  }
}

TEST(FaultyStorage, DownAndUpAgain) {
  const auto memory = NewMemoryStorage();
  FaultyStorage faulty(*memory);
  faulty.SetDown(true);
  EXPECT_EQ(SyncWait(faulty.Get("k")).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(SyncWait(faulty.CheckReady()).code(), absl::StatusCode::kUnavailable);
  faulty.SetDown(false);
  EXPECT_EQ(SyncWait(faulty.Get("k")).status().code(), absl::StatusCode::kNotFound);
}

TEST(HookedStorage, LetsACompetingWriteInBetween) {
  const auto memory = NewMemoryStorage();
  HookedStorage hooked(*memory);
  hooked.after_get = [&](const std::string& key) {
    EXPECT_TRUE(SyncWait(memory->Put(key, "theirs", kAbsent, 1)).ok());
  };
  EXPECT_EQ(SyncWait(hooked.Get("k")).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(SyncWait(hooked.Put("k", "ours", kAbsent, 2)).code(), absl::StatusCode::kAborted);
}

TEST(FaultyRateLimiter, DownIsAnErrorAndTakesNothing) {
  UnlimitedRateLimiter unlimited;
  FaultyRateLimiter faulty(unlimited);
  RateLimit limit;
  limit.attempts = 1;
  limit.window = absl::Seconds(1);
  faulty.SetDown(true);
  EXPECT_EQ(SyncWait(faulty.Acquire({{"b", limit}})).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(unlimited.acquired(), 0);
  faulty.SetDown(false);
  EXPECT_TRUE(SyncWait(faulty.Acquire({{"b", limit}}))->allowed);
}

}  // namespace
}  // namespace twofold
