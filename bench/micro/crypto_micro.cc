#include <benchmark/benchmark.h>

#include <memory>
#include <string>

#include "bench/server/seed.h"
#include "bench/subjects.h"
#include "bench/test_ring.h"
#include "crypto/otp.h"
#include "crypto/password_hash.h"
#include "crypto/system_random.h"
#include "server/methods/otp/totp.h"
#include "server/methods/sealed.h"
#include "server/methods/subject.h"

namespace twofold::bench {
namespace {

constexpr UnixMillis kNow = 1'800'000'000'000;

void Hotp(benchmark::State& state, HashAlgorithm algorithm) {
  const SecretBytes secret = SecretOf(1);
  int64_t counter = 0;
  for (auto _ : state)
    benchmark::DoNotOptimize(ComputeOtp(secret.bytes(), OtpParameters(algorithm, 6), ++counter));
}
BENCHMARK_CAPTURE(Hotp, sha1, HashAlgorithm::kSha1);
BENCHMARK_CAPTURE(Hotp, sha256, HashAlgorithm::kSha256);
BENCHMARK_CAPTURE(Hotp, sha512, HashAlgorithm::kSha512);

// Checks a login's window of three steps.
void TotpWindow(benchmark::State& state) {
  const SecretBytes secret = SecretOf(1);
  const int64_t step = TimeStep(kNow, kPeriodSeconds);
  const std::string code = CodeOf(1, step);
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        FindOtp(secret.bytes(), OtpParameters(HashAlgorithm::kSha1, 6), step - 1, 3, code));
  }
}
BENCHMARK(TotpWindow);

void SealOtpSecret(benchmark::State& state) {
  const std::unique_ptr<KeyRing> ring = NewTestRing();
  const Subject subject(kTenant, UserId(1));
  const SecretBytes secret = SecretOf(1);
  const std::unique_ptr<const Authenticator> totp = NewTotp("Twofold");
  const WorkResults none;
  const MethodContext context{*ring, SystemRandom(), subject, kNow, none};
  internal::v1::Method method = MakeRecord(*ring, 1, kNow).methods(0);
  for (auto _ : state) SealSecret(context, *totp, secret, method);
}
BENCHMARK(SealOtpSecret);

void OpenOtpSecret(benchmark::State& state) {
  const std::unique_ptr<KeyRing> ring = NewTestRing();
  const Subject subject(kTenant, UserId(1));
  const std::unique_ptr<const Authenticator> totp = NewTotp("Twofold");
  const WorkResults none;
  const MethodContext context{*ring, SystemRandom(), subject, kNow, none};
  const internal::v1::Method method = MakeRecord(*ring, 1, kNow).methods(0);
  for (auto _ : state) benchmark::DoNotOptimize(OpenSecret(context, *totp, method));
}
BENCHMARK(OpenOtpSecret);

// Hashes one backup code.
void PasswordHash(benchmark::State& state) {
  constexpr int kIterations = 10000;
  for (auto _ : state)
    benchmark::DoNotOptimize(Pbkdf2Sha256("2345-6789-ABCD-EFGH", "0123456789abcdef", kIterations, 16));
}
BENCHMARK(PasswordHash);

}  // namespace
}  // namespace twofold::bench
