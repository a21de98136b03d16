// Logins through real servers while the master under them is killed: no code logs in twice.

#include <atomic>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/harness/await.h"
#include "tests/harness/rounds.h"
#include "tests/redis_ha/deployments.h"
#include "tests/redis_ha/server_group.h"

namespace twofold {
namespace {

constexpr absl::Duration kBackWithin = absl::Seconds(15);
constexpr int kUsers = 8;

// A user who logs in again and again, through any server, and after each failure tries the last
// code that was accepted, as an attacker would who had seen it.
class Visitor {
 public:
  Visitor(const std::vector<std::unique_ptr<TwofoldClient>>& clients, const std::string& user)
      : clients_(clients), account_(*clients[0], user, v1::METHOD_TYPE_HOTP), thread_([this] { Visit(); }) {}
  ~Visitor() { Leave(); }

  void Leave() {
    leave_ = true;
    if (thread_.joinable()) thread_.join();
  }
  int64_t logins() const { return logins_; }
  int64_t failures() const { return failures_; }
  int64_t accepted_twice() const { return accepted_twice_; }

 private:
  void Visit() {
    // The code that confirmed is spent, too.
    int64_t last = 0;
    for (int64_t next = 1; !leave_;) {
      const std::string reason = Try(next);
      if (reason == "ok") {
        ++logins_;
        last = next++;
        continue;
      }
      ++failures_;
      // Spent, though nobody said so.
      if (reason == "CODE_REJECTED") ++next;
      std::string replayed;
      Await(kBackWithin, [&] {
        replayed = Try(last);
        return leave_ || replayed == "ok" || replayed == "CODE_REJECTED";
      });
      if (replayed == "ok") ++accepted_twice_;
    }
  }

  std::string Try(int64_t n) {
    TwofoldClient& client = *clients_[tried_++ % clients_.size()];
    const auto result = client.Verify(account_.Verify(account_.Code(n)));
    return result.ok() ? "ok" : result.error().reason;
  }

  const std::vector<std::unique_ptr<TwofoldClient>>& clients_;
  const Account account_;
  size_t tried_ = 0;
  std::atomic<bool> leave_{false};
  std::atomic<int64_t> logins_{0};
  std::atomic<int64_t> failures_{0};
  std::atomic<int64_t> accepted_twice_{0};
  std::thread thread_;
};

TEST(ServerFailover, L2_NoCodeLogsInTwice) {
  SentinelSetOptions options;
  options.node_lines = {"appendonly yes", "appendfsync always"};
  options.down_after = absl::Milliseconds(1500);
  SentinelSet set(options);
  ServerGroup servers(2, OpenLimiter() + OpenBudget() + Flags{"--storage=" + UriOf(set, "min_replicas=1")});
  const std::vector<std::unique_ptr<TwofoldClient>> clients = servers.NewClients();
  int64_t logins = 0;
  int64_t failures = 0;
  const int rounds = Rounds(1, 20);
  for (int round = 0; round < rounds; ++round) {
    std::vector<std::unique_ptr<Visitor>> visitors;
    for (int i = 0; i < kUsers; ++i) {
      visitors.push_back(std::make_unique<Visitor>(clients, absl::StrCat("user", round, "-", i)));
    }
    std::vector<int64_t> before(visitors.size());
    const auto all_logged_in = [&] {
      for (size_t i = 0; i < visitors.size(); ++i) {
        if (visitors[i]->logins() < before[i] + 3) return false;
      }
      return true;
    };
    ASSERT_TRUE(Await(kBackWithin, all_logged_in));
    const size_t dead = set.KillMaster();
    const absl::Time killed = absl::Now();
    for (size_t i = 0; i < visitors.size(); ++i) before[i] = visitors[i]->logins();
    EXPECT_TRUE(Await(kBackWithin, all_logged_in));
    std::cout << "round " << round << ": all log in again after " << absl::Now() - killed << "\n";
    for (const std::unique_ptr<Visitor>& visitor : visitors) {
      visitor->Leave();
      ASSERT_EQ(visitor->accepted_twice(), 0);
      logins += visitor->logins();
      failures += visitor->failures();
    }
    set.AwaitNewMaster(dead);
    if (round + 1 < rounds) set.RestartAsReplica(dead);
  }
  std::cout << logins << " logins, " << failures << " failures, 0 codes accepted twice\n";
}

}  // namespace
}  // namespace twofold
