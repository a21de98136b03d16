// Compares the processor time that the server spends on a login with a security key and on one with a TOTP
// code. A login with a key is two calls, StartChallenge and Verify. `./dev bench --keys` runs this.

#include <atomic>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "bench/subjects.h"
#include "clients/cpp/client.h"
#include "common/clock.h"
#include "crypto/base32.h"
#include "crypto/otp.h"
#include "tests/harness/server_process.h"
#include "tests/harness/software_key.h"
#include "tests/harness/temp_folder.h"

namespace twofold::bench {
namespace {

constexpr int kUsers = 1000;
constexpr int kCallers = 16;
constexpr int kPairs = 6;

template <typename T>
T Must(Result<T> result) {
  if (result.ok()) return *std::move(result);
  std::cerr << "key_login: " << result.error().message << "\n";
  std::_Exit(1);
}

// Calls `work` for each number below kUsers, from kCallers threads.
void ForEachUser(const std::function<void(int)>& work) {
  std::atomic<int> next{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < kCallers; ++i) {
    callers.emplace_back([&] {
      for (int n = next++; n < kUsers; n = next++) work(n);
    });
  }
  for (std::thread& caller : callers) caller.join();
}

int64_t StepNow() { return TimeStep(absl::ToUnixMillis(absl::Now()), kPeriodSeconds); }

// The users of one server, and their logins.
class Logins {
 public:
  explicit Logins(const std::string& address) : client_(OptionsFor(address)) {
    SoftwareKey::Settings settings;
    keys_.assign(kUsers, SoftwareKey(settings));
    ForEachUser([this](int n) { EnrollKey(n); });
  }

  void EnrollTotp(int64_t subject) {
    v1::EnrollRequest enroll;
    enroll.set_user_id(UserId(subject));
    enroll.set_type(v1::METHOD_TYPE_TOTP);
    enroll.set_secret_base32(Base32Encode(SecretOf(subject).bytes()));
    v1::ConfirmEnrollmentRequest confirm;
    confirm.set_user_id(UserId(subject));
    confirm.set_method_id(Must(client_.Enroll(enroll)).method().method_id());
    // The current code is for the login.
    confirm.set_code(CodeOf(subject, StepNow() - 1));
    Must(client_.ConfirmEnrollment(confirm));
  }

  void LogInByTotp(int64_t subject) {
    v1::VerifyRequest verify;
    verify.set_user_id(UserId(subject));
    verify.set_code(CodeOf(subject, StepNow()));
    Must(client_.Verify(verify));
  }

  // The first call of a login with a key.
  Challenge Start(int n) {
    v1::StartChallengeRequest start;
    start.set_user_id(KeyUser(n));
    return Must(client_.StartChallenge(start));
  }

  void LogInByKey(int n) {
    const Challenge challenge = Start(n);
    v1::VerifyRequest verify;
    verify.set_user_id(KeyUser(n));
    verify.set_challenge_id(challenge.id());
    verify.set_webauthn_credential_json(keys_[Index(n)].Get(*challenge.security_key_options()).value());
    Must(client_.Verify(verify));
  }

 private:
  static ClientOptions OptionsFor(const std::string& address) {
    ClientOptions options;
    options.address = address;
    return options;
  }
  static std::string KeyUser(int n) { return absl::StrCat("key", n); }
  static size_t Index(int n) { return static_cast<size_t>(n); }

  void EnrollKey(int n) {
    v1::EnrollRequest enroll;
    enroll.set_user_id(KeyUser(n));
    enroll.set_type(v1::METHOD_TYPE_SECURITY_KEY);
    const v1::EnrollResponse enrolled = Must(client_.Enroll(enroll));
    v1::ConfirmEnrollmentRequest confirm;
    confirm.set_user_id(KeyUser(n));
    confirm.set_method_id(enrolled.method().method_id());
    confirm.set_webauthn_credential_json(
        keys_[Index(n)].Create(enrolled.webauthn_creation_options_json()).value());
    Must(client_.ConfirmEnrollment(confirm));
  }

  TwofoldClient client_;
  std::vector<SoftwareKey> keys_;
};

// The processor time of another process, on all its threads.
double MicrosecondsOf(pid_t process) {
  clockid_t clock;
  timespec time = {};
  if (clock_getcpuclockid(process, &clock) != 0 || clock_gettime(clock, &time) != 0) std::_Exit(1);
  return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

double CostOf(pid_t server, const std::function<void(int)>& login) {
  const double before = MicrosecondsOf(server);
  ForEachUser(login);
  return (MicrosecondsOf(server) - before) / kUsers;
}

int Main() {
  const TempFolder folder;
  const ServerProcess server(folder / "data", {"--webauthn_rp_id=example.org", "--audit_log=none"});
  Logins logins(server.address());
  std::cout << "microseconds of the server's processor time a login, SQLite, " << kCallers << " callers\n"
            << "  TOTP  start    key   more\n";
  for (int pair = 0; pair < kPairs; ++pair) {
    const auto subject = [pair](int n) { return int64_t{pair} * kUsers + n; };
    ForEachUser([&](int n) { logins.EnrollTotp(subject(n)); });
    const double totp = CostOf(server.pid(), [&](int n) { logins.LogInByTotp(subject(n)); });
    const double start = CostOf(server.pid(), [&](int n) { logins.Start(n); });
    const double key = CostOf(server.pid(), [&](int n) { logins.LogInByKey(n); });
    std::cout << absl::StrFormat("%6.0f %6.0f %6.0f %6.0f\n", totp, start, key, key - totp) << std::flush;
  }
  return 0;
}

}  // namespace
}  // namespace twofold::bench

int main() { return twofold::bench::Main(); }
