// L4, T24: what Redis refuses, stops or forgets while we use it. The reason is named, UNAVAILABLE
// writes were not done, and once it is mended everything works, with the same objects.

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/async.h"
#include "tests/harness/await.h"
#include "tests/redis/harness/redis_command.h"
#include "tests/redis/harness/redis_process.h"
#include "tests/redis/harness/reserved_port.h"
#include "tests/redis/witness.h"

namespace twofold {
namespace {

RedisOptions Durable() {
  RedisOptions options;
  options.lines = {"appendonly yes", "appendfsync always"};
  return options;
}

class ServerState : public testing::Test {
 protected:
  explicit ServerState(const RedisOptions& options = Durable(), const std::string& user = "")
      : redis_(options), witness_(redis_, QuickUri(user + redis_.address())) {}
  ~ServerState() override { witness_.CheckServer(); }

  void Must(const std::vector<std::string>& command) { ASSERT_EQ(redis_.Command(command), "OK"); }
  void Set(const std::string& name, const std::string& value) { Must({"CONFIG", "SET", name, value}); }

  RedisProcess redis_;
  Witness witness_;
};

TEST_F(ServerState, L4_StoppedForFiveSeconds) {
  redis_.Pause();
  const Round first = witness_.Try();
  EXPECT_FALSE(first.got.ok() || first.acquired.ok());
  EXPECT_TRUE(Await(kRecoveryLimit, [&] { return witness_.Try().took < kAtOnce; }));
  const auto never = [&] {
    const Round round = witness_.Try();
    ExpectAllUnavailable(round, "it does not answer");
    EXPECT_LT(round.took, kAtOnce);
    return testing::Test::HasFailure();
  };
  EXPECT_FALSE(Await(absl::Seconds(5), never));
  redis_.Resume();
  witness_.AwaitRecovery("a stopped process");
}

TEST_F(ServerState, T24_KilledAndStartedAgain) {
  for (int i = 0; i < 5; ++i) {
    redis_.Kill();
    witness_.AwaitRefusal("Connection refused");
    redis_.Start();
    witness_.AwaitRecovery("kill -9");
    witness_.CheckServer();
  }
}

TEST_F(ServerState, L4_ForgottenScriptsAreSentAgain) {
  for (int i = 0; i < 50; ++i) {
    Must({"SCRIPT", "FLUSH"});
    EXPECT_TRUE(witness_.Try().all_ok());
  }
}

TEST_F(ServerState, L4_OutOfMemory) {
  Set("maxmemory", "1");
  const Round round = witness_.Try();
  EXPECT_TRUE(round.got.ok()) << round.got;
  EXPECT_TRUE(round.deleted.ok()) << "nothing else would make room: " << round.deleted;
  ExpectUnavailable(round.put, "is out of memory (maxmemory) (OOM)");
  ExpectUnavailable(round.acquired, "(OOM)");
  Set("maxmemory", "0");
  witness_.AwaitRecovery("OOM");
}

TEST_F(ServerState, L4_TooFewReplicas) {
  Set("min-replicas-to-write", "1");
  const Round round = witness_.Try();
  EXPECT_TRUE(round.got.ok()) << round.got;
  for (const absl::Status& status : {round.put, round.deleted, round.acquired}) {
    ExpectUnavailable(status, "(NOREPLICAS)");
  }
  Set("min-replicas-to-write", "0");
  witness_.AwaitRecovery("NOREPLICAS");
}

TEST_F(ServerState, L4_CannotWriteItsSnapshot) {
  // A folder stands where the snapshot must go.
  Set("appendonly", "no");
  Set("save", "3600 1000000");
  std::filesystem::create_directories(redis_.File("dump.rdb") + "/full");
  redis_.Command({"BGSAVE"});
  const auto failed = [&] {
    return absl::StrContains(redis_.Command({"INFO"}), "rdb_last_bgsave_status:err");
  };
  ASSERT_TRUE(Await(absl::Seconds(10), failed));
  const Round round = witness_.Try();
  EXPECT_TRUE(round.got.ok()) << round.got;
  for (const absl::Status& status : {round.put, round.deleted, round.acquired}) {
    ExpectUnavailable(status, "cannot write its data to disk (MISCONF)");
  }
  Set("save", "");
  witness_.AwaitRecovery("MISCONF");
}

TEST_F(ServerState, L4_BecameAReplica) {
  const ReservedPort nobody;
  Must({"REPLICAOF", "127.0.0.1", absl::StrCat(nobody.number())});
  const Round first = witness_.Try();
  ExpectUnavailable(first.put, "is a replica");
  ExpectUnavailable(first.deleted, "is a replica");
  ExpectUnavailable(first.acquired, "is a replica");
  // What a replica has may be old: no Get either, once we know.
  witness_.AwaitRefusal("is a replica");
  Must({"REPLICAOF", "NO", "ONE"});
  witness_.AwaitRecovery("having been a replica");
}

TEST_F(ServerState, L4_BecameAReplicaWithoutItsMaster) {
  const ReservedPort nobody;
  Set("replica-serve-stale-data", "no");
  Must({"REPLICAOF", "127.0.0.1", absl::StrCat(nobody.number())});
  ExpectAllUnavailable(witness_.Try(), "is a replica");
  witness_.AwaitRefusal("is a replica");
  Must({"REPLICAOF", "NO", "ONE"});
  witness_.AwaitRecovery("MASTERDOWN");
}

TEST_F(ServerState, L4_BusyWithSomebodysScript) {
  Set("busy-reply-threshold", "20");
  std::thread script([&] { redis_.Command({"EVAL", "while true do end", "0"}, absl::Seconds(30)); });
  EXPECT_TRUE(
      Await(absl::Seconds(10), [&] { return absl::StartsWith(redis_.Command({"PING"}), "(error) BUSY"); }));
  ExpectAllUnavailable(witness_.Try(), "is busy with a script (BUSY)");
  Must({"SCRIPT", "KILL"});
  witness_.AwaitRecovery("BUSY");
  script.join();
}

TEST_F(ServerState, L4_NotPermitted) {
  Must({"ACL", "SETUSER", "default", "-evalsha"});
  const Round round = witness_.Try();
  EXPECT_TRUE(round.got.ok()) << round.got;
  for (const absl::Status& status : {round.put, round.deleted, round.acquired}) {
    ExpectUnavailable(status, "does not permit this to our user (ACL) (NOPERM)");
  }
  Must({"ACL", "SETUSER", "default", "+evalsha", "-get"});
  ExpectUnavailable(witness_.Try().got, "(NOPERM)");
  Must({"ACL", "SETUSER", "default", "+get"});
  witness_.AwaitRecovery("NOPERM");
}

TEST_F(ServerState, L4_SomethingElseUnderOurNames) {
  const std::string record = redis_.Command({"GET", witness_.record_name()});
  redis_.Command({"DEL", witness_.record_name(), witness_.bucket_name()});
  redis_.Command({"HSET", witness_.record_name(), "field", "value"});
  redis_.Command({"HSET", witness_.bucket_name(), "field", "value"});
  const Round round = witness_.Try();
  ExpectUnavailable(round.got, "holds something that is not ours under this name (WRONGTYPE)");
  ExpectUnavailable(round.acquired, "(WRONGTYPE)");
  Must({"SET", witness_.record_name(), "short"});
  Must({"SET", witness_.bucket_name(), "no number"});
  ExpectUnavailable(witness_.Try().got, "not ours");
  ExpectUnavailable(witness_.Try().acquired, "Redis answered with an error (ERR)");
  Must({"SET", witness_.record_name(), record});
  redis_.Command({"DEL", witness_.bucket_name()});
  witness_.AwaitRecovery("WRONGTYPE");
}

TEST_F(ServerState, T24_APolicyThatEvicts) {
  for (const char* policy : {"allkeys-lru", "volatile-ttl"}) {
    Set("maxmemory-policy", policy);
    EXPECT_TRUE(absl::StrContains(OpenStorageAndLimiter(QuickUri(redis_.address())).message(), policy));
    witness_.AwaitRefusal(policy);
    ExpectUnavailable(SyncWait(witness_.storage().CheckReady()), policy);
    ExpectUnavailable(SyncWait(witness_.limiter().CheckReady()), policy);
    ExpectUnavailable(SyncWait(witness_.storage().Scan("", 10)).status(), policy);
    Set("maxmemory-policy", "noeviction");
    witness_.AwaitRecovery("an evicting policy");
    EXPECT_TRUE(SyncWait(witness_.storage().CheckReady()).ok());
  }
}

TEST_F(ServerState, L4_APasswordWhereNoneWas) {
  Set("requirepass", "hunter2");
  RedisCommand(redis_.port(), {"CLIENT", "KILL", "TYPE", "normal"}, "hunter2");
  witness_.AwaitRefusal("wants a password (NOAUTH)");
  ASSERT_EQ(RedisCommand(redis_.port(), {"CONFIG", "SET", "requirepass", ""}, "hunter2"), "OK");
  witness_.AwaitRecovery("NOAUTH");
}

class NamedUser : public ServerState {
 protected:
  NamedUser() : ServerState(WithUser(), "twofold:hunter2@") {}

  static RedisOptions WithUser() {
    RedisOptions options = Durable();
    options.lines.emplace_back("user twofold on >hunter2 ~* +@all");
    return options;
  }
  // Connections that are open would stay what they are.
  void SetPassword(const std::string& rule) {
    Must({"ACL", "SETUSER", "twofold", "resetpass", rule});
    redis_.Command({"CLIENT", "KILL", "USER", "twofold"});
  }
};

TEST_F(NamedUser, L4_AnotherPassword) {
  SetPassword(">hunter3");
  witness_.AwaitRefusal("does not accept the user name or password (WRONGPASS)");
  SetPassword(">hunter2");
  witness_.AwaitRecovery("WRONGPASS");
}

class SlowToLoad : public ServerState {
 protected:
  SlowToLoad() : ServerState(Slow()) {}

  // Three milliseconds a key, and a look at the network every kilobyte.
  static RedisOptions Slow() {
    RedisOptions options;
    options.lines = {"key-load-delay 3000", "loading-process-events-interval-bytes 1024",
                     "rdbcompression no"};
    return options;
  }
};

TEST_F(SlowToLoad, L4_Loading) {
  Must({"SAVE"});
  redis_.Kill();
  redis_.StartLoading();
  ASSERT_TRUE(absl::StartsWith(redis_.Command({"GET", "a"}), "(error) LOADING "));
  EXPECT_TRUE(
      Await(kRecoveryLimit, [&] { return absl::StrContains(witness_.Try().got.message(), "(LOADING)"); }));
  ExpectAllUnavailable(witness_.Try(), "is still loading its data (LOADING)");
  ExpectUnavailable(SyncWait(witness_.storage().CheckReady()), "(LOADING)");
  ASSERT_TRUE(Await(absl::Seconds(30), [&] { return redis_.Command({"GET", "a"}) == "(nil)"; }));
  witness_.AwaitRecovery("LOADING");
}

}  // namespace
}  // namespace twofold
