// Guessing through several real servers that share a Redis: the budget is the subject's.

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/redis/harness/redis_process.h"
#include "tests/redis_ha/deployments.h"
#include "tests/redis_ha/server_group.h"

namespace twofold {
namespace {

constexpr size_t kGuesses = 500;
constexpr int64_t kBudget = 5;
// The limiter gives one attempt back, and the first lock ends later than that.
constexpr absl::Duration kOneMoreAfter = absl::Seconds(20);

struct Guard {
  const char* name;
  Flags flags;
};

class ServerGuesses : public testing::TestWithParam<Guard> {
 protected:
  ServerGuesses()
      : servers_(2, GetParam().flags + Flags{"--storage=" + UriOf(redis_)}),
        ann_(*servers_.NewClient(0), "ann", v1::METHOD_TYPE_TOTP),
        begin_(absl::Now()) {}

  std::vector<v1::VerifyRequest> Guesses(size_t count) const {
    return std::vector<v1::VerifyRequest>(count, ann_.Verify(ann_.WrongCode()));
  }

  void Count(const Tally& tally) {
    for (const auto& [reason, count] : tally) total_[reason] += count;
  }

  void ExpectNoMoreThanTheBudget() const {
    const int64_t more = (absl::Now() - begin_) / kOneMoreAfter;
    EXPECT_LE(total_.at("CODE_REJECTED"), kBudget + more) << testing::PrintToString(total_);
    // Whatever is not answered with a verdict is refused, not broken.
    for (const auto& [reason, count] : total_) {
      EXPECT_TRUE(reason == "CODE_REJECTED" || reason == "RATE_LIMITED" || reason == "LOCKED" ||
                  reason == "CONFLICT")
          << count << " times " << reason;
    }
  }

  RedisProcess redis_;
  ServerGroup servers_;
  const Account ann_;
  const absl::Time begin_;
  Tally total_;
};
INSTANTIATE_TEST_SUITE_P(, ServerGuesses,
                         testing::Values(Guard{"defaults", {}}, Guard{"limiter", OpenBudget()},
                                         Guard{"budget", OpenLimiter()}),
                         [](const auto& tested) { return tested.param.name; });

TEST_P(ServerGuesses, T12_ParallelGuessesOverTwoServers) {
  Count(VerifyAtOnce(servers_.NewClients(), Guesses(kGuesses)));
  ExpectNoMoreThanTheBudget();
}

TEST_P(ServerGuesses, T18_AndARestartBetween) {
  Count(VerifyAtOnce(servers_.NewClients(), Guesses(3)));
  for (size_t i = 0; i < servers_.size(); ++i) {
    servers_.server(i).Kill();
    servers_.server(i).Start();
  }
  Count(VerifyAtOnce(servers_.NewClients(), Guesses(kGuesses)));
  ExpectNoMoreThanTheBudget();
}

TEST_P(ServerGuesses, T19_FromManyAddresses) {
  std::vector<v1::VerifyRequest> guesses = Guesses(kGuesses);
  for (size_t i = 0; i < guesses.size(); ++i) {
    // The first half each from another /64, the others from another IPv4 address.
    guesses[i].set_client_address(i < kGuesses / 2 ? absl::StrCat("2001:db8:0:", absl::Hex(i), "::1")
                                                   : absl::StrCat("198.18.", i / 250, ".", i % 250));
  }
  Count(VerifyAtOnce(servers_.NewClients(), guesses));
  ExpectNoMoreThanTheBudget();
}

TEST_P(ServerGuesses, T22b_OverManyChannels) {
  constexpr size_t kChannels = 50;
  std::vector<std::unique_ptr<TwofoldClient>> channels;
  for (size_t i = 0; i < kChannels; ++i) channels.push_back(servers_.NewClient(i % servers_.size()));
  Count(VerifyAtOnce(channels, Guesses(kGuesses)));
  ExpectNoMoreThanTheBudget();
}

// Each server has a database of its own, so that only the limiter is common to them.
TEST(SharedLimiter, T18_HoldsOverServersWithDifferentStorages) {
  RedisProcess redis;
  const Flags flags = OpenBudget() + Flags{"--rate_limiter=" + UriOf(redis)};
  ServerGroup servers(2, flags);
  const std::vector<std::unique_ptr<TwofoldClient>> clients = servers.NewClients();
  const Account here(*clients[0], "ann", v1::METHOD_TYPE_TOTP);
  const Account there(*clients[1], "ann", v1::METHOD_TYPE_TOTP);
  const std::string wrong = here.WrongCode();
  const absl::Time begin = absl::Now();
  Tally tally = VerifyAtOnce(clients, std::vector<v1::VerifyRequest>(kGuesses, here.Verify(wrong)));
  EXPECT_LE(tally["CODE_REJECTED"], kBudget + (absl::Now() - begin) / kOneMoreAfter);
  EXPECT_GE(tally["CODE_REJECTED"], 1);
  EXPECT_EQ(tally["CODE_REJECTED"] + tally["RATE_LIMITED"], static_cast<int64_t>(kGuesses))
      << testing::PrintToString(tally);
}

}  // namespace
}  // namespace twofold
