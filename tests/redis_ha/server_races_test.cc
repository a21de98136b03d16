// One code and many calls at the same time, through several real servers on one Redis.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/harness/rounds.h"
#include "tests/redis/harness/redis_process.h"
#include "tests/redis_ha/deployments.h"
#include "tests/redis_ha/server_group.h"

namespace twofold {
namespace {

constexpr size_t kParallel = 64;

struct Setting {
  const char* name;
  size_t servers;
  bool redis_storage;  // Otherwise SQLite, with the limiter in Redis.
};

class ServerRaces : public testing::TestWithParam<Setting> {
 protected:
  ServerRaces() : servers_(GetParam().servers, FlagsOf(redis_)), clients_(servers_.NewClients()) {}

  static Flags FlagsOf(const RedisProcess& redis) {
    const std::string flag = GetParam().redis_storage ? "--storage=" : "--rate_limiter=";
    // Where guards are open, only the write can refuse.
    return OpenLimiter() + OpenBudget() + Flags{flag + UriOf(redis)};
  }

  Account NewAccount(const std::string& user, v1::MethodType type) {
    return Account(*clients_[0], user, type);
  }

  Tally OfMany(const Account& account, const std::string& code) {
    return VerifyAtOnce(clients_, std::vector<v1::VerifyRequest>(kParallel, account.Verify(code)));
  }

  RedisProcess redis_;
  ServerGroup servers_;
  const std::vector<std::unique_ptr<TwofoldClient>> clients_;
};
INSTANTIATE_TEST_SUITE_P(, ServerRaces,
                         testing::Values(Setting{"two_on_redis", 2, true}, Setting{"three_on_redis", 3, true},
                                         Setting{"sqlite_with_redis_limiter", 1, false}),
                         [](const auto& tested) { return tested.param.name; });

TEST_P(ServerRaces, T11_OneTimeBasedCodeLogsInOnce) {
  for (int round = 0; round < Rounds(7, 200); ++round) {
    const Account account = NewAccount(absl::StrCat("user", round), v1::METHOD_TYPE_TOTP);
    const Tally tally = OfMany(account, account.Code(1));
    ASSERT_EQ(tally.at("ok"), 1) << "round " << round << testing::PrintToString(tally);
  }
}

TEST_P(ServerRaces, T11_OneCounterBasedCodeLogsInOnce) {
  const Account account = NewAccount("ann", v1::METHOD_TYPE_HOTP);
  for (int round = 0; round < Rounds(7, 200); ++round) {
    const Tally tally = OfMany(account, account.Code(round + 1));
    ASSERT_EQ(tally.at("ok"), 1) << "round " << round << testing::PrintToString(tally);
  }
}

TEST_P(ServerRaces, T10_OneBackupCodeLogsInOnce) {
  std::vector<std::string> codes;
  std::optional<Account> account;
  for (int round = 0; round < Rounds(5, 200); ++round) {
    if (codes.empty()) {
      account = NewAccount(absl::StrCat("user", round), v1::METHOD_TYPE_HOTP);
      codes = account->backup_codes();
    }
    const Tally tally = OfMany(*account, codes.back());
    ASSERT_EQ(tally.at("ok"), 1) << "round " << round << testing::PrintToString(tally);
    codes.pop_back();
  }
}

TEST_P(ServerRaces, T10_TwoBackupCodesAtOnceAreBothSpent) {
  for (int round = 0; round < Rounds(1, 20); ++round) {
    const Account account = NewAccount(absl::StrCat("user", round), v1::METHOD_TYPE_HOTP);
    const std::vector<std::string>& codes = account.backup_codes();
    for (size_t i = 0; i + 1 < codes.size(); i += 2) {
      const std::vector<v1::VerifyRequest> both = {account.Verify(codes[i]), account.Verify(codes[i + 1])};
      ASSERT_EQ(VerifyAtOnce(clients_, both), (Tally{{"ok", 2}}));
      ASSERT_EQ(VerifyAtOnce(clients_, both), (Tally{{"CODE_REJECTED", 2}}));
    }
  }
}

}  // namespace
}  // namespace twofold
