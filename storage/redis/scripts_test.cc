#include "storage/redis/scripts.h"

#include "gtest/gtest.h"
#include "tests/redis/harness/redis_process.h"

namespace twofold::redis {
namespace {

TEST(Scripts, RedisComputesTheSameDigests) {
  const RedisProcess server;
  for (const Script& script : {kPutScript, kDeleteScript, kAcquireScript, kGiveBackScript}) {
    EXPECT_EQ(server.Command({"SCRIPT", "LOAD", std::string(script.source)}), script.sha);
  }
}

}  // namespace
}  // namespace twofold::redis
