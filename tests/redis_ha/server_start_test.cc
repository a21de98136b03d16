// Real servers that begin a store on a Redis that others use, too.

#include <memory>
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

// Other programs' keys and our limiter's are no records: among them the store is empty.
TEST(ServerStart, ServersBeginOneStoreTogether) {
  constexpr int kOtherKeys = 2000;
  RedisProcess redis;
  for (int round = 0; round < Rounds(3, 30); ++round) {
    redis.Command({"FLUSHALL"});
    std::vector<std::string> others = {"MSET"};
    for (int i = 0; i < kOtherKeys; ++i) others.insert(others.end(), {absl::StrCat("other:", i), "v"});
    ASSERT_EQ(redis.Command(others), "OK");
    ServerGroup servers(3, {"--storage=" + UriOf(redis)});
    const std::vector<std::unique_ptr<TwofoldClient>> clients = servers.NewClients();
    const Account account(*clients[0], "ann", v1::METHOD_TYPE_HOTP);
    for (size_t i = 0; i < clients.size(); ++i) {
      const auto verified = clients[i]->Verify(account.Verify(account.Code(static_cast<int64_t>(i) + 1)));
      EXPECT_TRUE(verified.ok());
    }
  }
}

}  // namespace
}  // namespace twofold
