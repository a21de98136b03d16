#include "tests/redis/harness/fault_proxy.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "tests/harness/await.h"
#include "tests/redis/harness/redis_command.h"
#include "tests/redis/harness/redis_process.h"

namespace twofold {
namespace {

constexpr absl::Duration kShort = absl::Milliseconds(150);
constexpr absl::Duration kLong = absl::Seconds(10);

// One connection through the proxy, with commands as one writes them.
class Client {
 public:
  explicit Client(const FaultProxy& proxy) : connection_(proxy.port(), "", kLong) {}

  void Send(const std::string& command) { connection_.Send(absl::StrSplit(command, ' ')); }
  std::string Receive(absl::Duration timeout = kLong) { return connection_.Receive(timeout); }
  std::string Call(const std::string& command) {
    Send(command);
    return Receive();
  }

 private:
  RedisConnection connection_;
};

class FaultProxyTest : public testing::Test {
 protected:
  RedisProcess redis_;
  FaultProxy proxy_{redis_.port()};
};

TEST_F(FaultProxyTest, PassesEverythingOn) {
  const std::string big(1000000, 'x');
  EXPECT_EQ(RedisCommand(proxy_.port(), {"SET", "a", big}), "OK");
  EXPECT_EQ(RedisCommand(proxy_.port(), {"GET", "a"}), big);
  EXPECT_EQ(proxy_.accepted(), 2);
  EXPECT_TRUE(Await(kLong, [&] { return proxy_.open() == 0; }));
  EXPECT_EQ(proxy_.reply_bytes(), 5 + 10 + 1000000 + 2);
}

TEST_F(FaultProxyTest, ToldOfAnEndItTellsTheOther) {
  Client client(proxy_);
  ASSERT_EQ(client.Call("PING"), "PONG");
  redis_.Kill();
  EXPECT_EQ(client.Receive(), "(broken) Server closed the connection");
  EXPECT_TRUE(absl::StartsWith(Client(proxy_).Call("PING"), "(broken) ")) << "no upstream";
  redis_.Start();
  EXPECT_EQ(Client(proxy_).Call("PING"), "PONG");
}

TEST_F(FaultProxyTest, DelayIsLatencyAndNoLimit) {
  Client client(proxy_);
  ASSERT_EQ(client.Call("PING"), "PONG");
  proxy_.Delay(Direction::kRequests, kShort);
  proxy_.Delay(Direction::kReplies, kShort);
  const absl::Time begin = absl::Now();
  for (int i = 0; i < 100; ++i) client.Send("PING");
  for (int i = 0; i < 100; ++i) EXPECT_EQ(client.Receive(), "PONG");
  EXPECT_GE(absl::Now() - begin, 2 * kShort);
  EXPECT_LT(absl::Now() - begin, 20 * kShort);
  proxy_.Delay(Direction::kBoth, absl::Hours(1));
  client.Send("PING");
  EXPECT_TRUE(absl::StartsWith(client.Receive(kShort), "(broken) Resource temporarily"));
}

TEST_F(FaultProxyTest, CutEndsWhatIsOpen) {
  for (const CutBy how : {CutBy::kReset, CutBy::kClose}) {
    Client client(proxy_);
    ASSERT_EQ(client.Call("PING"), "PONG");
    proxy_.Cut(how);
    EXPECT_EQ(client.Receive(), how == CutBy::kReset ? "(broken) Connection reset by peer"
                                                     : "(broken) Server closed the connection");
    EXPECT_EQ(proxy_.open(), 0);
    EXPECT_EQ(Client(proxy_).Call("PING"), "PONG");
  }
}

TEST_F(FaultProxyTest, CutInTheMiddleOfAReplyAfterTheCommandWasDone) {
  Client client(proxy_);
  ASSERT_EQ(client.Call("SET a before"), "OK");
  proxy_.CutAfterReplyBytes(8);
  client.Send("SET a after");
  client.Send("GET a");
  EXPECT_EQ(client.Receive(), "OK");
  EXPECT_EQ(client.Receive(), "(broken) Server closed the connection");
  EXPECT_EQ(proxy_.reply_bytes(), 5 + 8);
  EXPECT_EQ(redis_.Command({"GET", "a"}), "after");
  EXPECT_EQ(Client(proxy_).Call("GET a"), "after") << "it happens once";
  proxy_.CutAfterReplyBytes(0, CutBy::kReset);
  EXPECT_EQ(Client(proxy_).Call("SET a again"), "(broken) Connection reset by peer");
  EXPECT_EQ(redis_.Command({"GET", "a"}), "again");
}

TEST_F(FaultProxyTest, BlackHoleHoldsAllAndHealDeliversLate) {
  Client client(proxy_);
  ASSERT_EQ(client.Call("SET a before"), "OK");
  proxy_.BlackHole();
  client.Send("SET a after");
  EXPECT_TRUE(absl::StartsWith(client.Receive(kShort), "(broken) Resource temporarily"));
  EXPECT_EQ(redis_.Command({"GET", "a"}), "before");
  Client other(proxy_);
  other.Send("SET b c");
  EXPECT_TRUE(absl::StartsWith(other.Receive(kShort), "(broken) Resource temporarily"));
  EXPECT_EQ(proxy_.open(), 2);
  proxy_.Heal();
  EXPECT_TRUE(Await(kLong, [&] { return redis_.Command({"MGET", "a", "b"}) == "after\nc"; }));
}

TEST_F(FaultProxyTest, BlackHoleOfRepliesLosesOnlyTheAnswer) {
  Client client(proxy_);
  proxy_.BlackHole(Direction::kReplies);
  client.Send("SET a done");
  EXPECT_TRUE(absl::StartsWith(client.Receive(kShort), "(broken) Resource temporarily"));
  EXPECT_EQ(redis_.Command({"GET", "a"}), "done");
  // Neither side learns of the other's end, until Cut drops what is held.
  redis_.Kill();
  EXPECT_EQ(proxy_.open(), 1);
  proxy_.Cut();
  proxy_.Heal();
  EXPECT_EQ(proxy_.open(), 0);
  EXPECT_EQ(proxy_.reply_bytes(), 0);
}

TEST_F(FaultProxyTest, DripsUntilHealed) {
  Client client(proxy_);
  proxy_.Drip(Direction::kReplies, 1, absl::Milliseconds(20));
  absl::Time begin = absl::Now();
  EXPECT_EQ(client.Call("PING"), "PONG");
  // Seven bytes: six waits.
  EXPECT_GE(absl::Now() - begin, 6 * absl::Milliseconds(20));
  proxy_.Drip(Direction::kBoth, 1, kLong);
  client.Send("PING");
  EXPECT_TRUE(absl::StartsWith(client.Receive(kShort), "(broken) Resource temporarily"));
  Client other(proxy_);
  begin = absl::Now();
  other.Send("PING");
  EXPECT_TRUE(absl::StartsWith(other.Receive(kShort), "(broken) Resource temporarily"));
  proxy_.Heal();
  EXPECT_EQ(Client(proxy_).Call("PING"), "PONG");
  // What the other two had waited for went on at once.
  EXPECT_TRUE(Await(kLong, [&] { return proxy_.reply_bytes() == 4 * 7; }));
  EXPECT_LT(absl::Now() - begin, kLong);
}

TEST_F(FaultProxyTest, RefusesNewConnectionsUntilHealed) {
  Client client(proxy_);
  ASSERT_EQ(client.Call("PING"), "PONG");
  proxy_.Refuse();
  proxy_.Refuse();
  EXPECT_EQ(RedisCommand(proxy_.port(), {"PING"}), "(broken) Connection refused");
  EXPECT_EQ(client.Call("PING"), "PONG");
  proxy_.Heal();
  proxy_.Heal();
  EXPECT_EQ(RedisCommand(proxy_.port(), {"PING"}), "PONG");
  EXPECT_EQ(client.Call("PING"), "PONG");
}

}  // namespace
}  // namespace twofold
