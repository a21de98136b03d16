// kill -9 of one Redis under load, and what is there afterwards.

#include <iostream>
#include <memory>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/harness/await.h"
#include "tests/harness/rounds.h"
#include "tests/redis_ha/chain_load.h"
#include "tests/redis_ha/deployments.h"

namespace twofold {
namespace {

constexpr absl::Duration kLimit = absl::Seconds(30);
// How long a sync lasts on the slow disk.
constexpr absl::Duration kStalledSync = absl::Milliseconds(1500);

RedisOptions WithSync(const std::string& appendfsync) {
  RedisOptions options;
  options.lines = {"appendonly yes", "appendfsync " + appendfsync, "auto-aof-rewrite-percentage 0"};
  return options;
}

ChainLoadOptions LoadOfRound(int round) {
  ChainLoadOptions options;
  options.key_of = [round](int n) { return absl::StrCat("round", round, "-", n); };
  return options;
}

// Kills the server when the load has had some acknowledgements, and then at a random moment.
ChainVerdict CrashUnderLoad(RedisProcess& server, absl::Duration sync_takes, int round, unsigned seed) {
  const std::string uri = UriOf(server, "timeout=20s");
  const std::unique_ptr<Storage> one = OpenStorageAt(uri);
  const std::unique_ptr<Storage> other = OpenStorageAt(uri);
  server.SlowDisk(sync_takes);
  ChainLoad load({one.get(), other.get()}, LoadOfRound(round));
  EXPECT_TRUE(Await(kLimit, [&] { return load.acknowledged() > 20; }));
  // A random number of further acknowledgements; while one sync lasts, none come.
  const int64_t enough = load.acknowledged() + static_cast<int64_t>(std::mt19937(seed)() % 1000);
  Await(sync_takes + absl::Milliseconds(500), [&] { return load.acknowledged() > enough; });
  server.Kill();
  load.Stop();
  server.Start();
  return load.Check(*OpenStorageAt(uri));
}

struct Disk {
  const char* name;
  absl::Duration sync_takes;
};

class CrashLoss : public testing::TestWithParam<Disk> {};
INSTANTIATE_TEST_SUITE_P(, CrashLoss,
                         testing::Values(Disk{"good_disk", absl::ZeroDuration()},
                                         Disk{"slow_disk", kStalledSync}),
                         [](const auto& tested) { return tested.param.name; });

TEST_P(CrashLoss, L2_AppendfsyncAlwaysLosesNothing) {
  const unsigned seed = std::random_device()();
  std::cout << "seed " << seed << "\n";
  RedisProcess server(WithSync("always"));
  int64_t acknowledged = 0;
  const int rounds = Rounds(2, 20);
  for (int round = 0; round < rounds; ++round) {
    const ChainVerdict verdict =
        CrashUnderLoad(server, GetParam().sync_takes, round, seed + static_cast<unsigned>(round));
    ASSERT_TRUE(verdict.NothingBroken()) << "round " << round << ": " << verdict;
    acknowledged += verdict.acknowledged;
  }
  std::cout << "always, " << GetParam().name << ": " << rounds << " kills, " << acknowledged
            << " acknowledged, 0 lost\n";
}

// For docs/redis.md, and the proof that the test above can see a loss.
TEST_P(CrashLoss, L2_AppendfsyncEverysecLosesThisMuch) {
  RedisProcess server(WithSync("everysec"));
  const std::unique_ptr<Storage> storage = OpenStorageAt(UriOf(server, "timeout=20s"));
  server.SlowDisk(GetParam().sync_takes);
  ChainLoad load({storage.get()}, LoadOfRound(0));
  // Long enough that a sync is under way: it begins once a second.
  const absl::Time begin = absl::Now();
  ASSERT_TRUE(Await(kLimit, [&] { return absl::Now() > begin + kStalledSync * 1.7; }));
  server.Kill();
  load.Stop();
  server.Start();
  const ChainVerdict verdict = load.Check(*OpenStorageAt(UriOf(server)));
  std::cout << "everysec, " << GetParam().name << ": " << verdict << "\n";
  EXPECT_GT(verdict.acknowledged, 0);
  if (GetParam().sync_takes > absl::ZeroDuration()) {
    EXPECT_GT(verdict.lost, 0);
  }
}

}  // namespace
}  // namespace twofold
