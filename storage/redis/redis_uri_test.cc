#include "storage/redis/redis_uri.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace twofold::redis {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

absl::StatusOr<RedisUri> Parse(const std::string& text) {
  return ParseRedisUri(ParseBackendUri(text).value());
}

TEST(RedisUri, OneServer) {
  const RedisUri uri = Parse("redis://example.com").value();
  EXPECT_EQ(uri.deployment, Deployment::kSingle);
  ASSERT_EQ(uri.endpoints.size(), 1U);
  EXPECT_EQ(uri.endpoints[0].ToString(), "example.com:6379");
  EXPECT_EQ(uri.database, 0);
  EXPECT_EQ(uri.min_replicas, 0);
  EXPECT_FALSE(uri.tls);
  EXPECT_EQ(Parse("redis://[::1]:7000/3").value().endpoints[0].ToString(), "[::1]:7000");
  EXPECT_EQ(Parse("redis://[::1]:7000/3").value().database, 3);
  EXPECT_EQ(Parse("redis://h/").value().database, 0);
}

TEST(RedisUri, UserAndPasswordArePercentDecoded) {
  const RedisUri both = Parse("redis://ann:p%40%2Fw%3A@h").value();
  EXPECT_EQ(both.credentials.user, "ann");
  EXPECT_EQ(both.credentials.password, "p@/w:");
  const RedisUri password = Parse("rediss://:pw@h:1").value();
  EXPECT_EQ(password.credentials.user, "");
  EXPECT_EQ(password.credentials.password, "pw");
  EXPECT_TRUE(password.tls);
  // The last @ ends it.
  EXPECT_EQ(Parse("redis://:a@b@h").value().credentials.password, "a@b");
}

TEST(RedisUri, UnixSocket) {
  const RedisUri uri = Parse("redis+unix://:pw@/run/redis%20x.sock?db=2&timeout=2s").value();
  EXPECT_EQ(uri.endpoints.at(0).unix_path, "/run/redis x.sock");
  EXPECT_EQ(uri.database, 2);
  EXPECT_EQ(uri.timeout, absl::Seconds(2));
  EXPECT_EQ(uri.credentials.password, "pw");
}

TEST(RedisUri, Sentinel) {
  const RedisUri uri = Parse(
                           "redis+sentinel://:pw@a,b:1,[::2]/main/4?sentinel_user=s&sentinel_password=x%26y"
                           "&min_replicas=2&tls=true&tls_ca=/ca.pem")
                           .value();
  EXPECT_EQ(uri.deployment, Deployment::kSentinel);
  ASSERT_EQ(uri.endpoints.size(), 3U);
  EXPECT_EQ(uri.endpoints[0].ToString(), "a:26379");
  EXPECT_EQ(uri.endpoints[1].ToString(), "b:1");
  EXPECT_EQ(uri.endpoints[2].ToString(), "[::2]:26379");
  EXPECT_EQ(uri.master_name, "main");
  EXPECT_EQ(uri.database, 4);
  EXPECT_EQ(uri.sentinel_credentials.user, "s");
  EXPECT_EQ(uri.sentinel_credentials.password, "x&y");
  EXPECT_EQ(uri.min_replicas, 2);
  EXPECT_TRUE(uri.tls);
  EXPECT_EQ(uri.tls_files.ca, "/ca.pem");
}

TEST(RedisUri, Cluster) {
  const RedisUri uri = Parse("redis+cluster://a:7000,b:7001?connect_timeout=250ms").value();
  EXPECT_EQ(uri.deployment, Deployment::kCluster);
  EXPECT_EQ(uri.endpoints.size(), 2U);
  EXPECT_EQ(uri.connect_timeout, absl::Milliseconds(250));
}

struct BadUriCase {
  const char* uri;
  const char* why;
};

TEST(RedisUri, ErrorsNameTheWrongPartAndShowNoPassword) {
  const BadUriCase cases[] = {
      {"redis:", "two slashes"},
      {"redis:h", "two slashes"},
      {"redis://", "host is missing"},
      {"redis://:6379", "host is missing"},
      {"redis://h:0", "port"},
      {"redis://h:65536", "port"},
      {"redis://h:x", "port"},
      {"redis://::1", "IPv6"},
      {"redis://[::1", "["},
      {"redis://[::1]x", "colon"},
      {"redis://a,b", "one host"},
      {"redis://h/x", "database"},
      {"redis://h/-1", "database"},
      {"redis://h/1/2", "database"},
      {"redis://h/9999999999", "database"},
      {"redis://ann@h", "needs a password"},
      {"redis://:sesame%zz@h", "hexadecimal"},
      {"redis://:sesame%1@h", "hexadecimal"},
      {"redis://:ses/ame@h", "%2F"},
      {"redis://:ses?ame@h", "%3F"},
      {"redis://:ses#ame@h", "%23"},
      {"redis://h?min_replicas=-1", "min_replicas"},
      {"redis://h?min_replicas=x", "min_replicas"},
      {"redis://h?min_replicas=101", "min_replicas"},
      {"redis://h?min_replicas=", "no value"},
      {"redis://h?min_replicas", "no value"},
      {"redis://h?colour=red", "no option colour"},
      {"redis://h?timeout=5", "timeout"},
      {"redis://h?timeout=0s", "timeout"},
      {"redis://h?timeout=2m", "timeout"},
      {"redis://h?connect_timeout=-1s", "connect_timeout"},
      {"redis://h?tls=true", "no option tls"},
      {"redis://h?tls_ca=/x", "rediss:"},
      {"redis://h?db=1", "no option db"},
      {"redis://h?sentinel_password=sesame", "redis+sentinel"},
      {"rediss://h?tls_cert=/x", "go together"},
      {"redis+unix://run/redis.sock", "absolute"},
      {"redis+unix://", "absolute"},
      {"redis+sentinel://a", "name of the master"},
      {"redis+sentinel://a/", "name of the master"},
      {"redis+sentinel://a/m/x", "database"},
      {"redis+sentinel://a,/m", "host is missing"},
      {"redis+cluster://a/1", "database 0"},
      {"redis+cluster://a?tls=maybe", "tls"},
  };
  for (const BadUriCase& bad : cases) {
    const absl::Status status = Parse(bad.uri).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << bad.uri;
    const std::string message(status.message());
    EXPECT_THAT(message, HasSubstr(bad.why)) << bad.uri;
    EXPECT_THAT(message, Not(HasSubstr("sesame"))) << bad.uri;
    EXPECT_THAT(message, Not(HasSubstr("ame@"))) << bad.uri;
  }
}

}  // namespace
}  // namespace twofold::redis
