#include <benchmark/benchmark.h>

#include <memory>
#include <string>

#include "bench/server/seed.h"
#include "bench/subjects.h"
#include "bench/test_ring.h"
#include "crypto/otp.h"
#include "crypto/password_hash.h"
#include "crypto/system_random.h"
#include "server/methods/device_secret.h"
#include "server/methods/subject.h"

namespace twofold::bench {
namespace {

constexpr UnixMillis kNow = 1'800'000'000'000;

void Hotp(benchmark::State& state, HashAlgorithm algorithm) {
  const SecretBytes secret = SecretOf(1);
  int64_t factor = 0;
  for (auto _ : state)
    benchmark::DoNotOptimize(OtpCode(secret.bytes(), OtpParameters(algorithm, 6), ++factor));
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

void SealSecret(benchmark::State& state) {
  const std::unique_ptr<KeyRing> ring = NewTestRing();
  const Subject subject(kTenant, UserId(1));
  const SecretBytes secret = SecretOf(1);
  internal::v1::Device device = MakeRecord(*ring, 1, kNow).devices(0);
  for (auto _ : state) SealDeviceSecret(*ring, SystemRandom(), subject, secret, device);
}
BENCHMARK(SealSecret);

void OpenSecret(benchmark::State& state) {
  const std::unique_ptr<KeyRing> ring = NewTestRing();
  const Subject subject(kTenant, UserId(1));
  const internal::v1::Device device = MakeRecord(*ring, 1, kNow).devices(0);
  for (auto _ : state) benchmark::DoNotOptimize(OpenDeviceSecret(*ring, subject, device));
}
BENCHMARK(OpenSecret);

// Hashes one backup code.
void PasswordHash(benchmark::State& state) {
  constexpr int kIterations = 10000;
  for (auto _ : state)
    benchmark::DoNotOptimize(Pbkdf2Sha256("2345-6789-ABCD-EFGH", "0123456789abcdef", kIterations, 16));
}
BENCHMARK(PasswordHash);

}  // namespace
}  // namespace twofold::bench
