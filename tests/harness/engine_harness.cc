#include "tests/harness/engine_harness.h"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <utility>
#include <vector>

#include "crypto/system_random.h"
#include "server/builtins.h"
#include "server/store/marker.h"
#include "storage/redis/redis_storage.h"
#include "tests/redis/harness/redis_process.h"

namespace twofold {
namespace {

constexpr int64_t kWideOpen = 1'000'000'000;

// Tests cannot go on without what they stand on.
void Must(const absl::Status& status) {
  if (status.ok()) return;
  std::cerr << "test harness: " << status << "\n";
  std::abort();
}

template <typename T>
T Must(absl::StatusOr<T> result) {
  Must(result.status());
  return *std::move(result);
}

std::unique_ptr<KeyRing> NewRing() {
  std::vector<RingKey> keys;
  keys.emplace_back(1, SecretBytes::FromString(RandomBytes(SystemRandom(), KeyRing::kKeySize)));
  return Must(KeyRing::Create(1, std::move(keys)));
}

std::string NewFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "twofold-test-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) Must(absl::InternalError("mkdtemp"));
  return pattern;
}

RedisProcess& Redis() {
  static RedisProcess server;
  return server;
}

// One server for all tests of a process, emptied for each.
RedisProcess& EmptyRedis() {
  Redis().Command({"FLUSHALL"});
  return Redis();
}

void FillRedisBuckets() {
  Redis().Command({"EVAL",
                   "for _, names in ipairs({'tf1:{*}:*', 'tf1:[awdspt]:{*}'}) do"
                   " for _, key in ipairs(redis.call('KEYS', names)) do redis.call('DEL', key) end end",
                   "0"});
}

void Ignore(const std::string&) {}

}  // namespace

Limits DefaultLimits() { return Limits(); }

Limits OpenLimits() {
  Limits limits = DefaultLimits();
  limits.lock_after = 1'000'000'000;
  limits.permanent_lock_after = 1'000'000'000;
  limits.long_term_budget = kWideOpen;
  for (RateLimit* limit :
       {&limits.login_limit, &limits.address_limit, &limits.resync_address_limit, &limits.resync_limit,
        &limits.backup_address_limit, &limits.backup_limit, &limits.key_address_limit, &limits.key_limit,
        &limits.grant_address_limit, &limits.grant_limit, &limits.write_limit, &limits.challenge_limit,
        &limits.send_pause, &limits.sends_hourly, &limits.sends_daily, &limits.destination_sends,
        &limits.network_sends, &limits.prefix_sends, &limits.all_sends}) {
    limit->attempts = kWideOpen;
  }
  return limits;
}

MethodSettings TestMethodSettings() {
  MethodSettings settings;
  settings.issuer = "Twofold";
  settings.relying_party.id = "example.org";
  settings.relying_party.name = "Example";
  settings.relying_party.origins = {"https://example.org"};
  settings.sms.is_on = true;
  settings.sms.dial_prefixes = {"+49", "+1"};
  settings.email.is_on = true;
  return settings;
}

EngineHarness::EngineHarness(const std::string& storage_uri, const Limits& limits, Wrapper wrap,
                             Authenticators authenticators)
    : uri_(storage_uri),
      wrap_(std::move(wrap)),
      limits_(limits),
      ring_(NewRing()),
      authenticators_(std::move(authenticators)) {
  if (uri_ == "sqlite:") {
    folder_ = NewFolder();
    path_ = folder_ + "/twofold.db";
  }
  if (uri_ == "redis:") path_ = "//" + EmptyRedis().address();
  OpenStorage();
  store_id_ = Must(SyncWait(OpenStore(*storage_, *ring_, clock_, SystemRandom()))).store_id;
  Build();
}

EngineHarness::EngineHarness(const std::string& storage_uri, const Limits& limits, Wrapper wrap)
    : EngineHarness(storage_uri, limits, std::move(wrap), BuiltinAuthenticators(TestMethodSettings())) {}

EngineHarness::~EngineHarness() {
  engine_.reset();
  storage_.reset();
  if (!folder_.empty()) std::filesystem::remove_all(folder_);
}

void EngineHarness::OpenStorage() {
  if (uri_ == "redis:") {
    opened_ = Must(OpenRedisStorage(Must(ParseBackendUri(uri_ + path_)), Ignore, &redis_clock_));
  } else {
    opened_ = Must(BuiltinStorages(Ignore).Open(uri_ + path_));
  }
  storage_ = std::move(opened_.storage);
  if (!wrap_) return;
  storage_ = wrap_(std::move(storage_));
  opened_ = OpenedStorage();
}

void EngineHarness::Build() {
  engine_.reset();
  if (uri_ == "redis:") FillRedisBuckets();
  lease_.Renew(std::chrono::steady_clock::now() + std::chrono::hours(24));
  limiter_ = Must(BuiltinRateLimiters(clock_, SystemRandom(), Ignore).Open("local:"));
  pool_ = std::make_unique<WorkPool>(2, 1 << 20);
  pictures_ = std::make_unique<WorkPool>(1, 2);
  gate_ = NewSequentialGate(*limiter_, *storage_);
  const bool shared = opened_.gate != nullptr;
  RateLimiter& limiter = shared ? *opened_.limiter : *limiter_;
  AttemptGate& gate = shared ? *opened_.gate : *gate_;
  engine_ = std::make_unique<Engine>(Engine::Parts{limits_, ring_, authenticators_, *storage_, limiter, gate,
                                                   *pool_, *pictures_, clock_, SystemRandom(), store_id_,
                                                   lease_, &sender_, "https://page.example.org"});
}

void EngineHarness::Restart() {
  engine_.reset();
  if (uri_ != "memory:") {
    storage_.reset();
    OpenStorage();
  }
  Build();
}

void EngineHarness::Restart(const Limits& limits) {
  limits_ = limits;
  Restart();
}

void EngineHarness::ReplaceRing(std::unique_ptr<KeyRing> ring) {
  ring_ = std::move(ring);
  engine_->UseRing(ring_);
}

}  // namespace twofold
