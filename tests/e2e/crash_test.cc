// L1: kill -9 at random moments under load. Everything that was acknowledged is there after the restart.

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <random>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "clients/cpp/client.h"
#include "crypto/base32.h"
#include "crypto/otp.h"
#include "tests/harness/await.h"
#include "tests/harness/rounds.h"
#include "tests/harness/server_process.h"
#include "tests/harness/tool.h"

namespace twofold {
namespace {

constexpr int kThreads = 4;
constexpr unsigned kSeed = 20261;
// For some users' lives on a busy machine.
constexpr absl::Duration kLimit = absl::Minutes(2);
constexpr int kLockAfter = 5;
constexpr char kWrong[] = "000000";

// What the server told about one user.
struct Known {
  std::string user;
  std::string method_id;
  std::string secret_base32;
  bool confirmed = false;
  // Those that are certainly unused.
  std::vector<std::string> backup_codes;
  // Acknowledged as accepted or replaced.
  std::vector<std::string> spent;
  // Acknowledged as rejected since the last success. At least so many count.
  int failures = 0;
};

std::string Code(const Known& known, int64_t step) {
  const absl::StatusOr<SecretBytes> secret = Base32Decode(known.secret_base32);
  return ComputeOtp(secret->bytes(), OtpParameters(HashAlgorithm::kSha1, 6), step);
}

int64_t Step() { return TimeStep(absl::ToUnixMillis(absl::Now()), 300); }

auto Verify(TwofoldClient& client, const std::string& user, const std::string& code) {
  v1::VerifyRequest request;
  request.set_user_id(user);
  request.set_code(code);
  return client.Verify(request);
}

// One user's life, as far as it gets before the server dies. Counts the calls that have ended.
Known Live(TwofoldClient& client, const std::string& user, unsigned seed, std::atomic<int>& calls) {
  Known known;
  known.user = user;
  v1::EnrollRequest enroll;
  enroll.set_user_id(user);
  enroll.set_period_seconds(300);
  const auto enrolled = client.Enroll(enroll);
  ++calls;
  if (!enrolled.ok()) return known;
  known.method_id = enrolled->method().method_id();
  known.secret_base32 = enrolled->secret_base32();
  v1::ConfirmEnrollmentRequest confirm;
  confirm.set_user_id(user);
  confirm.set_method_id(known.method_id);
  confirm.set_code(Code(known, Step()));
  const auto confirmed = client.ConfirmEnrollment(confirm);
  ++calls;
  if (!confirmed.ok()) return known;
  known.confirmed = true;
  known.spent.push_back(confirm.code());
  known.backup_codes.assign(confirmed->backup_codes().begin(), confirmed->backup_codes().end());

  std::mt19937 dice(seed);
  const auto take_backup_code = [&] {
    std::swap(known.backup_codes[dice() % known.backup_codes.size()], known.backup_codes.back());
    const std::string code = known.backup_codes.back();
    known.backup_codes.pop_back();
    return code;
  };
  const auto verify = [&](const std::string& code) {
    const auto result = Verify(client, user, code);
    ++calls;
    if (result.ok()) known.spent.push_back(code);
    const bool rejected = !result.ok() && result.error().reason == "CODE_REJECTED";
    if (rejected) ++known.failures;
    // A right code without an answer may have been accepted.
    if (!rejected && code != kWrong) known.failures = 0;
    return result.ok() || rejected;
  };
  if (!verify(take_backup_code())) return known;
  if (!verify(Code(known, Step() + 1))) return known;
  if (!verify(kWrong)) return known;
  v1::RotateBackupCodesRequest rotate;
  rotate.set_user_id(user);
  rotate.set_proof_code(take_backup_code());
  // Without an answer nobody knows which set there is, and whether the proof has counted.
  known.failures = 0;
  const std::vector<std::string> replaced = std::exchange(known.backup_codes, {});
  const auto rotated = client.RotateBackupCodes(rotate);
  ++calls;
  if (!rotated.ok()) return known;
  known.spent.push_back(rotate.proof_code());
  known.spent.push_back(replaced.front());
  known.backup_codes.assign(rotated->backup_codes().begin(), rotated->backup_codes().end());
  for (int i = 0; i < kLockAfter - 2; ++i) {
    if (!verify(kWrong)) return known;
  }
  verify(take_backup_code());
  return known;
}

void CheckStillTrue(TwofoldClient& client, const Known& known) {
  if (known.method_id.empty()) return;
  v1::ListMethodsRequest list;
  list.set_user_id(known.user);
  const auto listed = client.ListMethods(list);
  ASSERT_TRUE(listed.ok()) << listed.error().message;
  ASSERT_GE(listed->methods_size(), 1) << known.user;
  EXPECT_EQ(listed->methods(0).method_id(), known.method_id);
  if (!known.confirmed) return;
  EXPECT_TRUE(listed->second_factor_required()) << known.user;
  for (int count = known.failures; count < kLockAfter; ++count) {
    EXPECT_FALSE(Verify(client, known.user, kWrong).ok());
  }
  const auto locked = Verify(client, known.user, kWrong);
  ASSERT_FALSE(locked.ok());
  EXPECT_EQ(locked.error().reason, "LOCKED") << known.user << ": failures were forgotten";
  if (!known.backup_codes.empty()) {
    // It also ends the lock.
    EXPECT_TRUE(Verify(client, known.user, known.backup_codes.front()).ok())
        << known.user << ": a backup code that was shown is refused after the crash";
  }
  for (const std::string& code : known.spent) {
    EXPECT_FALSE(Verify(client, known.user, code).ok())
        << known.user << ": a spent code was accepted again after the crash";
  }
}

TEST(Crash, L1_NothingAcknowledgedIsLost) {
  RecordProperty("seed", static_cast<int>(kSeed));
  std::cout << "seed " << kSeed << "\n";
  std::mt19937 dice(kSeed);
  const TempFolder folder;
  const std::vector<std::string> open_guards = {
      "--limit_attempts=1000000", absl::StrCat("--lock_after=", kLockAfter), "--permanent_lock_after=1000000",
      "--long_term_budget=1000000", "--audit_log=none"};
  ServerProcess server(folder.File("data"), open_guards);
  int64_t users = 0;
  int64_t confirmed = 0;
  const int rounds = Rounds(30, 100);
  for (int round = 0; round < rounds; ++round) {
    ClientOptions options;
    options.address = server.address();
    TwofoldClient client(options);
    std::mutex mutex;
    std::vector<Known> all;
    std::atomic<bool> stop{false};
    std::atomic<int> calls{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int n = 0; !stop; ++n) {
          const std::string user = absl::StrCat("user-", round, "-", t, "-", n);
          Known known = Live(client, user, kSeed + static_cast<unsigned>(round * 1000 + t * 100 + n), calls);
          const std::lock_guard<std::mutex> lock(mutex);
          all.push_back(std::move(known));
        }
      });
    }
    // Some users' whole lives, then a random moment in those of the next.
    const size_t lives = kThreads + dice() % kThreads;
    const auto lived = [&] {
      const std::lock_guard<std::mutex> lock(mutex);
      return all.size() >= lives;
    };
    EXPECT_TRUE(Await(kLimit, lived));
    constexpr int kCallsOfALife = 10;
    const int moment = calls + static_cast<int>(dice() % (kThreads * kCallsOfALife));
    // Calls take about a millisecond, and the moment is to fall anywhere in one.
    EXPECT_TRUE(Await(
        kLimit, [&] { return calls >= moment; }, absl::Microseconds(100)));
    stop = true;
    server.Kill();
    for (std::thread& thread : threads) thread.join();
    server.Start();
    options.address = server.address();
    TwofoldClient after(options);
    for (const Known& known : all) {
      CheckStillTrue(after, known);
      ++users;
      confirmed += known.confirmed ? 1 : 0;
    }
    if (HasFailure()) break;
  }
  std::cout << rounds << " rounds, " << users << " users, " << confirmed << " confirmed\n";
  EXPECT_GT(confirmed, rounds);
  EXPECT_EQ(server.Terminate(), 0);
  const ToolResult check = RunTool({"sqlite3", folder.File("data/twofold.db"), "PRAGMA integrity_check"});
  EXPECT_EQ(check.out, "ok\n") << check.err;
}

}  // namespace
}  // namespace twofold
