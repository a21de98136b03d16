#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "bench/server/seed.h"
#include "bench/subjects.h"
#include "bench/test_ring.h"
#include "common/async.h"
#include "crypto/otp.h"
#include "crypto/system_random.h"
#include "server/builtins.h"
#include "server/methods/otp/qr_code.h"
#include "server/rules/record.h"
#include "server/rules/verify.h"
#include "storage/keys.h"
#include "storage/local/local_rate_limiter.h"
#include "tests/fakes/fake_clock.h"

namespace twofold::bench {
namespace {

constexpr UnixMillis kNow = 1'800'000'000'000;

void ParseStoredRecord(benchmark::State& state) {
  const std::unique_ptr<KeyRing> ring = NewTestRing();
  const std::string bytes = SerializeRecord(MakeRecord(*ring, 1, kNow));
  for (auto _ : state) benchmark::DoNotOptimize(ParseRecord(bytes));
  state.counters["bytes"] = static_cast<double>(bytes.size());
}
BENCHMARK(ParseStoredRecord);

void SerializeStoredRecord(benchmark::State& state) {
  const std::unique_ptr<KeyRing> ring = NewTestRing();
  const internal::v1::SubjectRecord record = MakeRecord(*ring, 1, kNow);
  for (auto _ : state) benchmark::DoNotOptimize(SerializeRecord(record));
}
BENCHMARK(SerializeStoredRecord);

// Runs the rule of Verify on a record, with a right or a wrong code.
void Decide(benchmark::State& state, bool right) {
  const Limits limits;
  const Authenticators authenticators = BuiltinAuthenticators({.issuer = "Twofold"});
  const auto keys = std::make_shared<const RingInUse>(authenticators, NewTestRing(), SystemRandom());
  const KeyRing& ring = *keys->ring;
  const int64_t step = TimeStep(kNow, kPeriodSeconds);
  v1::VerifyRequest request;
  request.set_tenant(kTenant);
  request.set_user_id(UserId(1));
  request.set_code(right ? CodeOf(1, step) : WrongCodeOf(1, step));
  v1::VerifyResponse response;
  const CallerRights rights;
  const std::string no_page;
  const PlanContext plan{limits, authenticators, keys, SystemRandom(), "", rights, no_page, kNow};
  Operation operation = *PlanVerify(plan, request, response);
  const WorkResults none;
  const MethodContext method_context{ring, SystemRandom(), operation.subject, kNow, none};
  const RuleContext context{method_context, limits, authenticators, keys->decoys, operation.request};
  Draft before;
  before.version = 1;
  before.record = MakeRecord(ring, 1, kNow);
  for (auto _ : state) {
    Draft draft = before;
    OrWork<absl::Status> answer = operation.decide(context, draft);
    if (answer.value().ok() != right || !draft.changed) state.SkipWithError("the rule decided otherwise");
    benchmark::DoNotOptimize(draft);
  }
}
BENCHMARK_CAPTURE(Decide, right_code, true);
BENCHMARK_CAPTURE(Decide, wrong_code, false);

Task<absl::Status> AcquireAll(benchmark::State& state, RateLimiter& limiter) {
  constexpr int64_t kSubjects = 100000;
  int64_t next = 0;
  for (auto _ : state) {
    std::vector<Bucket> buckets(1);
    buckets[0].name = LoginBucket(SubjectKey(kTenant, UserId(next++ % kSubjects)));
    buckets[0].limit = RateLimit{1'000'000, absl::Seconds(100)};
    auto acquire = limiter.Acquire(std::move(buckets));
    const absl::StatusOr<AcquireResult> acquired = co_await std::move(acquire);
    if (!acquired.ok()) co_return acquired.status();
  }
  co_return absl::OkStatus();
}

// Acquires from many buckets, and makes their names.
void AcquireLocal(benchmark::State& state) {
  FakeClock clock;
  const std::unique_ptr<RateLimiter> limiter = NewLocalRateLimiter(clock, SystemRandom());
  const absl::Status done = SyncWait(AcquireAll(state, *limiter));
  if (!done.ok()) state.SkipWithError("the limiter failed");
}
BENCHMARK(AcquireLocal);

void DrawQr(benchmark::State& state, QrImage image) {
  const std::string uri =
      "otpauth://totp/Twofold:alice%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Twofold";
  for (auto _ : state) benchmark::DoNotOptimize(RenderQr(image, uri));
}
BENCHMARK_CAPTURE(DrawQr, png, QrImage::kPng);
BENCHMARK_CAPTURE(DrawQr, svg, QrImage::kSvg);

}  // namespace
}  // namespace twofold::bench
