// The real command migrates a store with its user from a file to Redis and back.

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/e2e/user_of_command.h"
#include "tests/harness/server_process.h"
#include "tests/redis/harness/redis_process.h"

namespace twofold {
namespace {

using google::protobuf::Struct;

class RedisMigrate : public UserOfCommand {
 protected:
  // What the command reports.
  static Struct Migrate(const std::string& from, const std::string& to, bool overwrite = false) {
    std::vector<std::string> command = {"admin", "migrate", "--from", from, "--to", to, "--json"};
    if (overwrite) command.push_back("--overwrite");
    const ToolResult migrated = Twofold(command);
    EXPECT_EQ(migrated.exit_code, 0) << migrated.out << migrated.err;
    Struct report;
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(migrated.out, &report).ok()) << migrated.out;
    return report;
  }

  const std::string sqlite_ = "sqlite:" + data_ + "/twofold.db";
  const RedisProcess redis_process_{
      {.lines = {"appendonly yes", "appendfsync always", "maxmemory-policy noeviction"}}};
  const std::string redis_ = absl::StrCat("redis://", redis_process_.address(), "/0");
};

TEST_F(RedisMigrate, L7_AUsedCodeStaysUsedFromSqliteToRedisAndBack) {
  {
    ServerProcess server(data_);
    EnrollAndLogIn(server);
    ASSERT_EQ(server.Terminate(), 0);
  }
  const Struct there = Migrate(sqlite_, redis_);
  EXPECT_EQ(there.fields().at("records").number_value(), 1);
  EXPECT_EQ(there.fields().at("to").string_value(), redis_);
  EXPECT_TRUE(absl::StrContains(Refused(sqlite_), "was migrated to " + redis_));
  {
    ServerProcess server(folder_.File("on_redis"), On(redis_));
    EXPECT_EQ(Verify(server, Code(-1)), 1);
    EXPECT_EQ(Verify(server, Code(0)), 1);
    EXPECT_EQ(Verify(server, Code(+1)), 0);
    ASSERT_EQ(server.Terminate(), 0);
  }
  const Struct back = Migrate(redis_, sqlite_, /*overwrite=*/true);
  EXPECT_EQ(back.fields().at("records").number_value(), 1);
  EXPECT_NE(back.fields().at("checksum").string_value(), there.fields().at("checksum").string_value())
      << "the login on Redis is in the record";
  EXPECT_TRUE(absl::StrContains(Refused(redis_), "was migrated to " + sqlite_));
  ServerProcess server(data_);
  EXPECT_EQ(Verify(server, Code(0)), 1);
  EXPECT_EQ(Verify(server, Code(+1)), 1);
}

TEST_F(RedisMigrate, ATargetThatHoldsSomethingIsLeftAlone) {
  EXPECT_EQ(ServerProcess(data_).Terminate(), 0);
  redis_process_.Command({"SET", "somebody's", "value"});
  const ToolResult migrated = Twofold({"admin", "migrate", "--from", sqlite_, "--to", redis_});
  // Keys of others in the same database are not records: the store beside them is new.
  EXPECT_EQ(migrated.exit_code, 0) << migrated.err;
  EXPECT_EQ(redis_process_.Command({"GET", "somebody's"}), "value");
  EXPECT_EQ(ServerProcess(folder_.File("other_store")).Terminate(), 0);
  const ToolResult over = Twofold({"admin", "migrate", "--from",
                                   "sqlite:" + folder_.File("other_store") + "/twofold.db", "--to", redis_});
  EXPECT_EQ(over.exit_code, 1);
  EXPECT_TRUE(absl::StrContains(over.err, "--overwrite")) << over.err;
  ServerProcess still_there(folder_.File("on_redis"), On(redis_));
}

}  // namespace
}  // namespace twofold
