#include "server/store/open.h"

#include <filesystem>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "crypto/key_ring_file.h"
#include "crypto/system_random.h"
#include "gtest/gtest.h"
#include "server/start_gate.h"
#include "tests/fakes/fake_clock.h"
#include "tests/harness/tool.h"
#include "tests/redis/harness/redis_process.h"
#include "tests/redis/harness/reserved_port.h"

namespace twofold {
namespace {

class StoresTest : public testing::Test {
 protected:
  StoresTest() {
    EXPECT_TRUE(CreateKeyRingFile(ring_, SystemRandom(), clock_).ok());
    server_.Command({"FLUSHALL"});
  }

  absl::StatusOr<Stores> Open(const std::string& storage, const std::string& rate_limiter,
                              const StoresPatience& patience = {}) {
    Options options;
    options.data_dir = folder_.path();
    options.keyring = "file:" + ring_;
    options.storage = storage;
    options.rate_limiter = rate_limiter;
    return OpenStores(options, clock_, SystemRandom(), patience);
  }
  // Whether attempts are counted in the step that reads the record.
  bool CountsBesideRecords(const std::string& storage, const std::string& rate_limiter) {
    const absl::StatusOr<Stores> stores = Open(storage, rate_limiter);
    EXPECT_TRUE(stores.ok()) << stores.status();
    return stores.ok() && stores->counts_beside_records;
  }
  static std::string Redis(int database) {
    return absl::StrCat("redis://", server_.address(), "/", database);
  }
  const TempFolder& folder() const { return folder_; }

 private:
  static inline RedisProcess server_ = RedisProcess(RedisOptions());
  FakeClock clock_;
  const TempFolder folder_;
  const std::string ring_ = folder_.File("ring.json");
};

TEST_F(StoresTest, AttemptsAreCountedWhereTheRecordIsReadIfBothAreOnePlace) {
  EXPECT_TRUE(CountsBesideRecords(Redis(0), Redis(0)));
}

TEST_F(StoresTest, AttemptsAreCountedWhereTheOptionsSay) {
  EXPECT_FALSE(CountsBesideRecords(Redis(0), Redis(1)));
  EXPECT_FALSE(CountsBesideRecords(Redis(0), "local:"));
  EXPECT_FALSE(CountsBesideRecords("sqlite:" + folder().File("twofold.db"), Redis(0)));
  EXPECT_FALSE(CountsBesideRecords("memory:", "local:"));
}

TEST_F(StoresTest, WhatCannotBeReachedIsTriedForAsLongAsPatienceLasts) {
  const ReservedPort nobody;
  const std::string lost = absl::StrCat("redis://127.0.0.1:", nobody.number());
  const std::string database = folder().File("twofold.db");
  std::vector<std::string> waited;
  StoresPatience patience;
  patience.wait = [&waited](absl::string_view what, const absl::Status& why) {
    EXPECT_TRUE(absl::StrContains(why.message(), "Connection refused")) << why;
    waited.emplace_back(what);
    return waited.size() < 3;
  };
  EXPECT_TRUE(absl::IsUnavailable(Open("sqlite:" + database, lost, patience).status()));
  EXPECT_EQ(waited, std::vector<std::string>(3, "limiter"));
  EXPECT_FALSE(std::filesystem::exists(database));
  waited.clear();
  EXPECT_TRUE(absl::IsUnavailable(Open(lost, "local:", patience).status()));
  EXPECT_EQ(waited, std::vector<std::string>(3, "storage"));
}

TEST_F(StoresTest, ADatabaseIsMadeOnlyWhileThatIsAllowed) {
  const std::string database = folder().File("twofold.db");
  bool may_make = false;
  StoresPatience patience;
  patience.may_make = [&may_make] { return may_make; };
  EXPECT_TRUE(absl::IsCancelled(Open("sqlite:" + database, "local:", patience).status()));
  EXPECT_FALSE(std::filesystem::exists(database));
  may_make = true;
  EXPECT_TRUE(Open("sqlite:" + database, "local:", patience).ok());
  // One that is there is opened; nothing is left half made.
  may_make = false;
  EXPECT_TRUE(Open("sqlite:" + database, "local:", patience).ok());
}

TEST(StartGate, AStopWaitsForWhatIsBeingMadeAndForNothingElse) {
  StartGate gate;
  ASSERT_TRUE(gate.BeginMaking());
  gate.Stop();
  absl::Notification left;
  std::thread waiting([&] {
    EXPECT_TRUE(absl::IsCancelled(gate.AwaitStart()));
    left.Notify();
  });
  EXPECT_FALSE(left.WaitForNotificationWithTimeout(absl::Milliseconds(20)));
  gate.EndMaking();
  left.WaitForNotification();
  waiting.join();
  EXPECT_FALSE(gate.BeginMaking());
  EXPECT_FALSE(gate.Pause(absl::InfiniteDuration()));
  EXPECT_TRUE(gate.AwaitStop(absl::InfiniteDuration()));
}

TEST(StartGate, AnotherMachineThatHangsHoldsTheStartUpToItsLimit) {
  StartGate gate;
  gate.BeginReaching("limiter", SteadyAfter(absl::Hours(1)));
  gate.EndReaching();
  gate.BeginReaching("storage", SteadyAfter(absl::Milliseconds(20)));
  const SteadyTime begin = SteadyNow();
  EXPECT_EQ(gate.AwaitStart(), absl::DeadlineExceededError("the storage does not answer"));
  EXPECT_GE(TimeSince(begin), absl::Milliseconds(20));
  // An answer that comes later changes nothing.
  gate.EndReaching();
  EXPECT_FALSE(gate.BeginMaking());
}

}  // namespace
}  // namespace twofold
