#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/keys.h"
#include "storage/redis/command.h"
#include "storage/redis/record_format.h"
#include "storage/redis/reply.h"
#include "storage/redis/reply_error.h"
#include "storage/redis/scan_cursor.h"
#include "storage/redis/server_facts.h"
#include "storage/redis/slots.h"

namespace twofold::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// A literal with zero bytes in it.
template <size_t N>
std::string Bytes(const char (&text)[N]) {
  return std::string(text, N - 1);
}

TEST(Command, ArgumentsAreAnyBytes) {
  EXPECT_EQ(Encode({"SET", absl::string_view("a\0\r\n", 4), ""}),
            Bytes("*3\r\n$3\r\nSET\r\n$4\r\na\0\r\n\r\n$0\r\n\r\n"));
}

std::vector<Reply> RepliesIn(absl::string_view bytes, size_t piece) {
  ReplyReader reader;
  std::vector<Reply> replies;
  for (size_t at = 0; at < bytes.size(); at += piece) {
    EXPECT_TRUE(reader.Feed(bytes.substr(at, piece)).ok());
    for (;;) {
      absl::StatusOr<std::optional<Reply>> next = reader.Next();
      EXPECT_TRUE(next.ok()) << next.status();
      if (!next.ok() || !next->has_value()) break;
      replies.push_back(**std::move(next));
    }
  }
  return replies;
}

TEST(ReplyReader, CutsRepliesWhereverThePacketsEnd) {
  const std::string bytes =
      Bytes("+OK\r\n:-7\r\n$-1\r\n$3\r\na\0b\r\n-OOM no\r\n*2\r\n:1\r\n*1\r\n$0\r\n\r\n");
  for (const size_t piece : {size_t{1}, size_t{2}, size_t{7}, bytes.size()}) {
    const std::vector<Reply> replies = RepliesIn(bytes, piece);
    ASSERT_EQ(replies.size(), 6U);
    EXPECT_EQ(replies[0].text, "OK");
    EXPECT_EQ(replies[1].integer, -7);
    EXPECT_EQ(replies[2].type, Reply::Type::kNil);
    EXPECT_EQ(replies[3].text, Bytes("a\0b"));
    EXPECT_TRUE(replies[4].is_error());
    EXPECT_EQ(replies[5].elements.at(1).elements.at(0).type, Reply::Type::kString);
  }
}

TEST(ReplyReader, BytesThatAreNoReplyAreAnError) {
  for (const char* bytes :
       {"HTTP/1.1 400 Bad Request\r\n", "\x16\x03\x01", "$-5\r\n", "*99999999999\r\n", "!\r\n"}) {
    ReplyReader reader;
    ASSERT_TRUE(reader.Feed(bytes).ok());
    EXPECT_EQ(reader.Next().status().code(), absl::StatusCode::kInvalidArgument) << bytes;
  }
}

TEST(ReplyReader, AReplyWithoutEndIsAnError) {
  ReplyReader reader;
  const std::string megabyte(size_t{1} << 20, 'x');
  absl::Status status = reader.Feed("$536870912\r\n");
  for (int i = 0; i < 200 && status.ok(); ++i) status = reader.Feed(megabyte);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
}

TEST(ReplyError, NothingWasDoneWhereRedisSaysSo) {
  for (const char* error :
       {"LOADING Redis is loading the dataset in memory",
        "OOM command not allowed when used memory > 'maxmemory'.",
        "READONLY You can't write against a read only replica.", "MASTERDOWN Link with MASTER is down",
        "WRONGPASS invalid username-password pair", "NOAUTH Authentication required.",
        "NOPERM this user has no", "MISCONF Redis is configured to save",
        "NOREPLICAS Not enough good replicas to write.", "BUSY Redis is busy running a script",
        "CLUSTERDOWN Hash slot not served", "WRONGTYPE Operation against a key"}) {
    EXPECT_EQ(StatusOf(error).code(), absl::StatusCode::kUnavailable) << error;
  }
}

TEST(ReplyError, AnUnknownErrorMayHaveBeenDone) {
  for (const char* error : {"ERR unknown", "", "SOMETHING new", "EXECABORT x", "UNBLOCKED force unblock"}) {
    EXPECT_EQ(StatusOf(error).code(), absl::StatusCode::kUnknown) << error;
  }
}

TEST(ReplyError, ShowsNothingOfTheArguments) {
  const std::pair<std::string, const char*> texts[] = {
      {"ERR DB index is out of range", "Redis answered with an error (ERR): DB index is out of range"},
      {"NOPERM this user has no permissions to run the 'scan' command",
       "Redis does not permit this to our user (ACL) (NOPERM): this user has no permissions to run the "
       "'scan' command"},
      {"ERR unknown command 'AUTH', with args beginning with: 'hunter2' ",
       "Redis answered with an error (ERR): unknown command 'AUTH'"},
      {"ERR a\x1b[2J\nE forged \xe2\x80\xae", "(ERR): a\\x1b[2J\\nE forged \\xe2\\x80\\xae"},
      {"oh no", "Redis answered with an error: oh no"},
      {"LOADING", "Redis is still loading its data (LOADING)"},
      {"ERR " + std::string(5000, 'x'), "xxx…"},
  };
  for (const auto& [error, shown] : texts) {
    const std::string message(StatusOf(error).message());
    EXPECT_THAT(message, HasSubstr(shown));
    EXPECT_THAT(message, Not(HasSubstr("hunter2")));
    EXPECT_LT(message.size(), 300U);
  }
}

TEST(ReplyError, Redirections) {
  Endpoint asked;
  asked.host = "10.0.0.9";
  EXPECT_EQ(RedirectOf("MOVED 3999 127.0.0.1:6381", asked)->ToString(), "127.0.0.1:6381");
  EXPECT_EQ(RedirectOf("ASK 1 ::1:6381", asked)->ToString(), "[::1]:6381");
  EXPECT_EQ(RedirectOf("MOVED 1 :6381", asked)->ToString(), "10.0.0.9:6381");
  for (const char* bad :
       {"MOVED", "MOVED 1", "MOVED 1 x", "MOVED 1 x:0", "MOVED 1 x:70000", "ERR 1 x:1", ""}) {
    EXPECT_FALSE(RedirectOf(bad, asked).has_value()) << bad;
  }
}

TEST(RecordFormat, VersionsSortAsTheirBytes) {
  EXPECT_EQ(VersionBytes(kAbsent), "");
  EXPECT_EQ(VersionBytes(0x0102030405060708), "\x01\x02\x03\x04\x05\x06\x07\x08");
  EXPECT_EQ(VersionBytes(1), Bytes("\0\0\0\0\0\0\0\1"));
}

TEST(RecordFormat, ReadsWhatTheScriptWrites) {
  const absl::StatusOr<VersionedBytes> record = ReadRecord(VersionBytes(~Version{0} - 1) + Bytes("a\0b"));
  ASSERT_TRUE(record.ok());
  EXPECT_EQ(record->version, ~Version{0} - 1);
  EXPECT_EQ(record->bytes, Bytes("a\0b"));
  EXPECT_EQ(ReadRecord(VersionBytes(7))->bytes, "");
}

TEST(RecordFormat, AForeignValueIsAnError) {
  for (const std::string& value : {std::string(), std::string("1234567"), std::string(9, '\0')}) {
    EXPECT_EQ(ReadRecord(value).status().code(), absl::StatusCode::kUnavailable);
  }
}

TEST(ScanCursor, ComesBackAsItWas) {
  ScanCursor cursor;
  cursor.topology = ~uint64_t{0};
  cursor.master = 2;
  cursor.position = 17592186044416;
  cursor.master_done = true;
  cursor.names = {FlatName("a"), FlatName(Bytes("\0\xff;"))};
  const absl::StatusOr<ScanCursor> parsed = ParseCursor(FormatCursor(cursor));
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->topology, cursor.topology);
  EXPECT_EQ(parsed->master, 2U);
  EXPECT_EQ(parsed->position, cursor.position);
  EXPECT_TRUE(parsed->master_done);
  EXPECT_EQ(parsed->names, cursor.names);
}

TEST(ScanCursor, AForeignCursorIsInvalid) {
  for (const char* text :
       {"", "x", "r1", "r1;1;2;3", "r1;1;2;3;2", "r1;1;2;3;0;", "r1;1;2;3;0;x", "r1;-1;2;3;0", "r1; 1;2;3;0",
        "r1;01;2;3;0", "r2;1;2;3;0", "r1;1;2;3;0;tf1:{YQ}:l"}) {
    EXPECT_EQ(ParseCursor(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST(Keys, AFlatNameLeadsBackToItsKey) {
  for (const std::string& key : {std::string("a"), Bytes("\0\0store"), std::string(512, '\xff')}) {
    EXPECT_EQ(KeyOfFlatName(FlatName(key)), key);
  }
  for (const char* name :
       {"", "tf1:{}x", "tf1:{YQ}:l", "tf1:a:{YQ}", "tf1:{YQ==}", "tf1:{YR}", "tf1:{Y}", "tf2:{YQ}"}) {
    EXPECT_FALSE(KeyOfFlatName(name).has_value()) << name;
  }
}

// The examples of the Redis Cluster specification, and of CLUSTER KEYSLOT.
TEST(Slots, AsRedisComputesThem) {
  EXPECT_EQ(SlotOf("123456789"), 0x31C3);
  EXPECT_EQ(SlotOf("{user1000}.following"), SlotOf("{user1000}.followers"));
  EXPECT_EQ(SlotOf("foo{}{bar}"), SlotOf("foo{}{bar}"));
  EXPECT_NE(SlotOf("foo{}{bar}"), SlotOf("bar"));
  EXPECT_EQ(SlotOf("foo{{bar}}zap"), SlotOf("{bar"));
  EXPECT_EQ(SlotOf("foo{bar}{zap}"), SlotOf("bar"));
}

TEST(Slots, EverythingOfASubjectSharesOne) {
  const std::string subject = SubjectKey("t", "ann");
  const int slot = SlotOf(FlatName(subject));
  EXPECT_EQ(SlotOf(LoginBucket(subject)), slot);
  EXPECT_EQ(SlotOf(ResyncBucket(subject)), slot);
  EXPECT_EQ(SlotOf(ResyncBucket(subject, "2001:db8::")), slot);
}

Reply Parsed(const std::string& bytes) { return RepliesIn(bytes, bytes.size()).at(0); }

std::string KeyIn(int slot) {
  for (int i = 0;; ++i) {
    std::string key = absl::StrCat("key", i);
    if (SlotOf(key) == slot) return key;
  }
}

TEST(Slots, ReadsClusterSlots) {
  Endpoint asked;
  asked.host = "9.9.9.9";
  asked.port = 1;
  // Two ranges of one node, whose address the second leaves out, and one of another with a replica.
  const Reply reply = Parsed(
      "*3\r\n"
      "*3\r\n:0\r\n:99\r\n*3\r\n$7\r\n9.9.9.9\r\n:1\r\n$2\r\nid\r\n"
      "*3\r\n:200\r\n:200\r\n*3\r\n$-1\r\n:1\r\n$2\r\nid\r\n"
      "*4\r\n:100\r\n:199\r\n*3\r\n$1\r\nb\r\n:2\r\n$2\r\nib\r\n*3\r\n$1\r\nc\r\n:3\r\n$2\r\nic\r\n");
  const absl::StatusOr<Topology> topology = ParseSlots(reply, asked);
  ASSERT_TRUE(topology.ok()) << topology.status();
  EXPECT_EQ(topology->masters().size(), 2U);
  EXPECT_EQ(topology->MasterOf(KeyIn(0))->ToString(), "9.9.9.9:1");
  EXPECT_EQ(topology->MasterOf(KeyIn(200))->ToString(), "9.9.9.9:1");
  EXPECT_EQ(topology->MasterOf(KeyIn(150))->ToString(), "b:2");
  EXPECT_FALSE(topology->MasterOf(KeyIn(201)).has_value());
  EXPECT_NE(topology->Fingerprint(), Topology::OneMaster(asked).Fingerprint());
}

TEST(Slots, AReplyThatIsNoSlotMapIsAnError) {
  for (const char* bytes :
       {"*1\r\n:1\r\n", "*1\r\n*2\r\n:0\r\n:1\r\n", "*1\r\n*3\r\n:5\r\n:4\r\n*2\r\n$1\r\na\r\n:1\r\n",
        "*1\r\n*3\r\n:0\r\n:16384\r\n*2\r\n$1\r\na\r\n:1\r\n",
        "*1\r\n*3\r\n:0\r\n:1\r\n*2\r\n$1\r\na\r\n:70000\r\n",
        "*1\r\n*3\r\n$1\r\n0\r\n:1\r\n*2\r\n$1\r\na\r\n:1\r\n"}) {
    EXPECT_FALSE(ParseSlots(Parsed(bytes), Endpoint()).ok()) << bytes;
  }
}

ServerFacts Facts(bool append_only, const std::string& sync, int64_t replicas) {
  ServerFacts facts;
  facts.role = "master";
  facts.eviction_policy = "noeviction";
  facts.append_only = append_only;
  facts.append_sync = sync;
  facts.replicas = replicas;
  return facts;
}

TEST(ServerFacts, ReadsInfo) {
  Reply config;
  config.type = Reply::Type::kArray;
  config.elements.resize(2);
  config.elements[1].text = "everysec";
  const ServerFacts facts = ReadFacts(
      "# Server\r\nredis_version:7.0.15\r\nmaxmemory_policy:noeviction\r\naof_enabled:1\r\nrole:master\r\n"
      "connected_slaves:2\r\n",
      config);
  EXPECT_EQ(facts.version, "7.0.15");
  EXPECT_EQ(facts.role, "master");
  EXPECT_EQ(facts.eviction_policy, "noeviction");
  EXPECT_TRUE(facts.append_only);
  EXPECT_EQ(facts.append_sync, "everysec");
  EXPECT_EQ(facts.replicas, 2);
}

TEST(ServerFacts, ReplicasAndEvictingServersAreRefused) {
  EXPECT_TRUE(CheckFit(Facts(true, "always", 1)).ok());
  ServerFacts replica = Facts(true, "always", 1);
  replica.role = "slave";
  EXPECT_EQ(CheckFit(replica).code(), absl::StatusCode::kFailedPrecondition);
  for (const char* policy : {"allkeys-lru", "volatile-ttl", "volatile-lru", ""}) {
    ServerFacts evicting = Facts(true, "always", 1);
    evicting.eviction_policy = policy;
    EXPECT_EQ(CheckFit(evicting).code(), absl::StatusCode::kFailedPrecondition) << policy;
  }
}

TEST(ServerFacts, T25_AClockThatIsOffByMoreThanFiveSecondsIsRefused) {
  const absl::Time now = absl::FromUnixMillis(1'700'000'000'900);
  const auto time = [](const std::string& seconds) {
    Reply reply;
    reply.type = Reply::Type::kArray;
    reply.elements.resize(2);
    reply.elements[0].text = seconds;
    return reply;
  };
  for (const char* near : {"1699999995", "1700000000", "1700000005"}) {
    EXPECT_TRUE(CheckClock(time(near), now, now).ok()) << near;
  }
  EXPECT_THAT(CheckClock(time("1699999990"), now, now).message(), HasSubstr("10 s behind"));
  EXPECT_THAT(CheckClock(time("1700000060"), now, now).message(), HasSubstr("59 s ahead of"));
  // A reply that took long may be of any moment meanwhile.
  EXPECT_TRUE(CheckClock(time("1700000050"), now, now + absl::Minutes(1)).ok());
  EXPECT_FALSE(CheckClock(time("soon"), now, now).ok());
  EXPECT_FALSE(CheckClock(Reply(), now, now).ok());
}

TEST(ServerFacts, WarnsOfWhatCanBeLost) {
  const auto warnings = [](const ServerFacts& facts, int min_replicas) {
    return WarningsFor(facts, Purpose::kStorage, min_replicas);
  };
  EXPECT_THAT(warnings(Facts(true, "always", 2), 2), IsEmpty());
  EXPECT_THAT(warnings(Facts(false, "everysec", 1), 1), ElementsAre(HasSubstr("append-only file")));
  EXPECT_THAT(warnings(Facts(true, "everysec", 1), 1), ElementsAre(HasSubstr("everysec")));
  EXPECT_THAT(warnings(Facts(true, "", 1), 1), ElementsAre(HasSubstr("does not show")));
  EXPECT_THAT(warnings(Facts(true, "always", 0), 0), ElementsAre(HasSubstr("no replica")));
  EXPECT_THAT(warnings(Facts(true, "always", 1), 0), ElementsAre(HasSubstr("min_replicas is 0")));
  EXPECT_THAT(warnings(Facts(true, "always", 2), 1), ElementsAre(HasSubstr("partition")));
  ServerFacts newer = Facts(true, "always", 1);
  newer.version = "7.2.4";
  EXPECT_THAT(warnings(newer, 1), ElementsAre(HasSubstr("reads do not wait")));
  newer.version = "7.0.15";
  EXPECT_THAT(warnings(newer, 1), IsEmpty());
  EXPECT_THAT(WarningsFor(Facts(false, "", 0), Purpose::kLimiter, 0), IsEmpty());
}

}  // namespace
}  // namespace twofold::redis
