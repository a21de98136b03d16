// T24: the real server while its Redis is stopped, emptied or exchanged. Nothing is ever unlimited,
// and nobody is ever told that a user has no second factor.

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "clients/cpp/client.h"
#include "crypto/base32.h"
#include "crypto/otp.h"
#include "tests/harness/await.h"
#include "tests/harness/server_process.h"
#include "tests/harness/tool.h"
#include "tests/redis/harness/redis_process.h"

namespace twofold {
namespace {

constexpr char kUser[] = "ann";
constexpr int kPeriod = 300;
constexpr absl::Duration kBackLimit = absl::Seconds(5);

RedisOptions Durable() {
  RedisOptions options;
  options.lines = {"appendonly yes", "appendfsync always"};
  return options;
}

// A key ring, which a server makes only together with a database in its own folder.
std::string NewKeyRing(const TempFolder& folder) {
  ServerProcess maker(folder.File("maker"), {"--audit_log=none"});
  EXPECT_EQ(maker.Terminate(), 0);
  return "--keyring=file:" + folder.File("maker/keyring.json");
}

// Storage and limiter are two servers.
class Outage : public testing::Test {
 protected:
  Outage() : Outage(false) {}
  // `one`: storage and limiter are one server.
  explicit Outage(bool one) : one_(one) {}

  void SetUp() override { Enroll(); }

  std::string Uri(const RedisProcess& redis) { return "redis://" + redis.address() + "?timeout=300ms"; }

  template <typename Request>
  static Request Of(const std::string& user) {
    Request request;
    request.set_user_id(user);
    return request;
  }

  void Enroll() {
    auto enroll = Of<v1::EnrollRequest>(kUser);
    enroll.set_period_seconds(kPeriod);
    auto enrolled = client_.Enroll(enroll);
    ASSERT_TRUE(enrolled.ok()) << enrolled.error().message;
    const auto secret = Base32Decode(enrolled->secret_base32());
    auto confirm = Of<v1::ConfirmEnrollmentRequest>(kUser);
    confirm.set_method_id(enrolled->method().method_id());
    spent_ = ComputeOtp(secret->bytes(), OtpParameters(HashAlgorithm::kSha1, 6),
                        TimeStep(absl::ToUnixMillis(absl::Now()), kPeriod));
    confirm.set_code(spent_);
    auto confirmed = client_.ConfirmEnrollment(confirm);
    ASSERT_TRUE(confirmed.ok()) << confirmed.error().message;
    backup_codes_.assign(confirmed->backup_codes().begin(), confirmed->backup_codes().end());
  }

  // "ok" or the reason.
  std::string Verify(const std::string& code, const std::string& user = kUser) {
    auto request = Of<v1::VerifyRequest>(user);
    request.set_code(code);
    const auto answer = client_.Verify(request);
    return answer.ok() ? "ok" : answer.error().reason;
  }
  std::string NextBackupCode() { return backup_codes_.at(used_++); }

  // "required" or "none", or the reason.
  std::string SecondFactor(const std::string& user = kUser) {
    const auto answer = client_.ListMethods(Of<v1::ListMethodsRequest>(user));
    if (!answer.ok()) return answer.error().reason;
    return answer->second_factor_required() ? "required" : "none";
  }

  bool LogHas(const std::string& text) {
    return Await(kBackLimit, [&] { return absl::StrContains(server_.Log(), text); });
  }

  // Of a call that the limiter counts. Where one Redis is both, either may be noticed first.
  void ExpectNeither(const std::string& reason) {
    EXPECT_TRUE(reason == "STORAGE_UNAVAILABLE" || (one_ && reason == "LIMITER_UNAVAILABLE")) << reason;
  }
  // While the storage is away. The client repeats each call a few times.
  void ExpectStorageUnavailable() {
    const std::string code = NextBackupCode();
    EXPECT_TRUE(LogHas("storage is not ready: "));
    ExpectNeither(Verify(code));
    ExpectNeither(Verify("000000"));
    EXPECT_EQ(SecondFactor(), "STORAGE_UNAVAILABLE");
    EXPECT_EQ(SecondFactor("nobody"), "STORAGE_UNAVAILABLE");
    ExpectNeither(client_.Enroll(Of<v1::EnrollRequest>("nobody")).error().reason);
  }
  void ExpectAsBefore() {
    EXPECT_TRUE(Await(kBackLimit, [&] { return SecondFactor() == "required"; }));
    EXPECT_EQ(SecondFactor("nobody"), "none");
    EXPECT_EQ(Verify(spent_), "CODE_REJECTED");
    EXPECT_EQ(Verify(NextBackupCode()), "ok");
    EXPECT_TRUE(LogHas("storage is ready"));
  }
  void KillAndStopStorage() {
    storage_.Kill();
    ExpectStorageUnavailable();
    storage_.Start();
    ExpectAsBefore();
    storage_.Pause();
    ExpectStorageUnavailable();
    storage_.Resume();
    ExpectAsBefore();
  }

  const bool one_;
  RedisProcess storage_{Durable()};
  RedisProcess limiter_;
  const TempFolder folder_;
  ServerProcess server_{folder_.File("data"),
                        {"--storage=" + Uri(storage_), "--rate_limiter=" + Uri(one_ ? storage_ : limiter_),
                         NewKeyRing(folder_), "--limit_attempts=1000000", "--lock_after=1000000",
                         "--permanent_lock_after=1000000", "--long_term_budget=1000000", "--audit_log=none"}};
  TwofoldClient client_{[this] {
    ClientOptions options;
    options.address = server_.address();
    options.timeout = absl::Seconds(10);
    return options;
  }()};
  std::string spent_;
  std::vector<std::string> backup_codes_;
  size_t used_ = 0;
};

TEST_F(Outage, T24_StorageIsKilledOrStopped) { KillAndStopStorage(); }

TEST_F(Outage, T24_LimiterIsKilledOrStopped) {
  const std::vector<std::function<void()>> breaks = {[&] { limiter_.Kill(); }, [&] { limiter_.Pause(); }};
  const std::vector<std::function<void()>> mends = {[&] { limiter_.Start(); }, [&] { limiter_.Resume(); }};
  for (size_t i = 0; i < breaks.size(); ++i) {
    breaks[i]();
    EXPECT_TRUE(LogHas("limiter is not ready: "));
    const std::string code = NextBackupCode();
    for (int n = 0; n < 2; ++n) {
      EXPECT_EQ(Verify(code), "LIMITER_UNAVAILABLE");
      EXPECT_EQ(Verify("000000"), "LIMITER_UNAVAILABLE");
    }
    EXPECT_EQ(SecondFactor(), "required") << "what needs no limiter goes on";
    mends[i]();
    EXPECT_TRUE(Await(kBackLimit, [&] { return Verify("000000") == "CODE_REJECTED"; }));
    EXPECT_EQ(Verify(code), "ok") << "it was not spent meanwhile";
    EXPECT_EQ(Verify(code), "CODE_REJECTED");
  }
}

class OneRedis : public Outage {
 protected:
  OneRedis() : Outage(true) {}
};

TEST_F(OneRedis, T24_IsKilledOrStopped) { KillAndStopStorage(); }

// The one request thread sleeps with an eye on the reply that does not come.
TEST_F(OneRedis, WhatNeedsNoRedisIsAnsweredWhileItSaysNothing) {
  storage_.Pause();
  std::thread waiting([&] { ExpectNeither(Verify("000000")); });
  absl::SleepFor(absl::Milliseconds(30));
  std::vector<absl::Duration> took;
  // Less than the timeout in Uri.
  const absl::Time until = absl::Now() + absl::Milliseconds(200);
  for (absl::Time begin = absl::Now(); begin < until; begin = absl::Now()) {
    EXPECT_EQ(Verify("no code"), "MALFORMED_CODE");
    took.push_back(absl::Now() - begin);
  }
  waiting.join();
  storage_.Resume();
  ASSERT_GT(took.size(), 20);
  std::sort(took.begin(), took.end());
  // Not the longest: others use this machine, too.
  EXPECT_LT(took[took.size() * 9 / 10], absl::Milliseconds(20));
  ExpectAsBefore();
}

TEST_F(OneRedis, T24_IsFlushed) {
  ASSERT_EQ(storage_.Command({"FLUSHALL"}), "OK");
  // From the first call on, before anybody has noticed: the attempt is counted, and nobody
  // believed.
  EXPECT_EQ(Verify("000000"), "STORAGE_UNAVAILABLE");
  EXPECT_EQ(SecondFactor(), "STORAGE_UNAVAILABLE");
  ExpectStorageUnavailable();
}

TEST_F(Outage, T24_StorageIsFlushed) {
  ASSERT_EQ(SecondFactor("nobody"), "none");
  ASSERT_EQ(storage_.Command({"FLUSHALL"}), "OK");
  // From the first call on, before anybody has noticed.
  EXPECT_EQ(SecondFactor(), "STORAGE_UNAVAILABLE");
  EXPECT_EQ(SecondFactor("nobody"), "STORAGE_UNAVAILABLE");
  ExpectStorageUnavailable();
  EXPECT_EQ(storage_.Command({"DBSIZE"}), "0") << "nothing is written into it either";
}

TEST_F(Outage, T24_AnotherDatabase) {
  ASSERT_EQ(storage_.Command({"SWAPDB", "0", "1"}), "OK");
  EXPECT_EQ(SecondFactor(), "STORAGE_UNAVAILABLE");
  ExpectStorageUnavailable();
  ASSERT_EQ(storage_.Command({"SWAPDB", "0", "1"}), "OK");
  ExpectAsBefore();
}

TEST_F(Outage, T24_AnotherStoreInTheSamePlace) {
  const TempFolder other;
  ASSERT_EQ(storage_.Command({"SWAPDB", "0", "1"}), "OK");
  {
    ServerProcess stranger(other.File("data"),
                           {"--storage=" + Uri(storage_), NewKeyRing(other), "--audit_log=none"});
    EXPECT_EQ(stranger.Terminate(), 0);
  }
  EXPECT_EQ(SecondFactor(), "STORAGE_UNAVAILABLE");
  ExpectStorageUnavailable();
  ASSERT_EQ(storage_.Command({"SWAPDB", "0", "1"}), "OK");
  ExpectAsBefore();
}

TEST_F(Outage, T24_AnEvictingPolicy) {
  ASSERT_EQ(storage_.Command({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"}), "OK");
  EXPECT_TRUE(LogHas("maxmemory-policy allkeys-lru"));
  ExpectStorageUnavailable();
  ASSERT_EQ(storage_.Command({"CONFIG", "SET", "maxmemory-policy", "noeviction"}), "OK");
  ExpectAsBefore();
}

}  // namespace
}  // namespace twofold
