#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/floors/floors.h"
#include "bench/server/seed.h"
#include "bench/subjects.h"
#include "bench/test_ring.h"
#include "crypto/otp.h"
#include "crypto/system_random.h"
#include "server/methods/otp/totp.h"
#include "server/methods/sealed.h"
#include "server/methods/subject.h"

namespace twofold::bench {

nlohmann::json CryptoFloor() {
  constexpr int kSubjects = 1000;
  constexpr int kRepeats = 50;
  constexpr UnixMillis kNow = 1'800'000'000'000;
  const std::unique_ptr<KeyRing> ring = NewTestRing();
  const int64_t step = TimeStep(kNow, kPeriodSeconds);
  struct User {
    Subject subject;
    internal::v1::Method method;
    std::string code;
  };
  std::vector<User> users;
  for (int i = 0; i < kSubjects; ++i) {
    users.push_back(
        User{Subject(kTenant, UserId(i)), MakeRecord(*ring, i, kNow).methods(0), CodeOf(i, step)});
  }
  const std::unique_ptr<const Authenticator> totp = NewTotp("Twofold");
  const WorkResults none;
  const OtpParameters parameters(HashAlgorithm::kSha1, 6);
  const auto begin = std::chrono::steady_clock::now();
  for (int repeat = 0; repeat < kRepeats; ++repeat) {
    for (const User& user : users) {
      const MethodContext context{*ring, SystemRandom(), user.subject, kNow, none};
      const absl::StatusOr<SecretBytes> secret = OpenSecret(context, *totp, user.method);
      if (!secret.ok()) std::abort();
      if (!FindOtp(secret->bytes(), parameters, step - 1, 3, user.code).has_value()) std::abort();
    }
  }
  const std::chrono::duration<double, std::micro> spent = std::chrono::steady_clock::now() - begin;
  return {{"us", spent.count() / (kSubjects * kRepeats)}};
}

}  // namespace twofold::bench
