#include "tests/redis_ha/server_group.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/clock.h"
#include "crypto/base32.h"
#include "crypto/key_ring_file.h"
#include "crypto/otp.h"
#include "crypto/system_random.h"

namespace twofold {
namespace {

constexpr size_t kMostAtOnce = 64;
// Long, so that a code is good for the whole test.
constexpr int kPeriodSeconds = 300;

[[noreturn]] void Fail(const std::string& what) {
  std::cerr << what << "\n";
  std::abort();
}

}  // namespace

Flags OpenLimiter() { return {"--limit_attempts=1000000", "--limit_address_attempts=1000000"}; }

Flags OpenBudget() {
  return {"--lock_after=1000000", "--permanent_lock_after=1000000", "--long_term_budget=1000000"};
}

Flags operator+(Flags a, const Flags& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

ServerGroup::ServerGroup(size_t count, const Flags& flags) : servers_(count) {
  const std::string ring = folder_.File("keyring.json");
  const absl::Status made = CreateKeyRingFile(ring, SystemRandom(), SystemClock());
  if (!made.ok()) Fail(made.ToString());
  const Flags all = flags + Flags{"--keyring=file:" + ring, "--audit_log=none"};
  std::vector<std::thread> starts;
  for (size_t i = 0; i < count; ++i) {
    starts.emplace_back([&, i] {
      servers_[i] = std::make_unique<ServerProcess>(folder_.File(absl::StrCat("data", i)), all);
    });
  }
  for (std::thread& start : starts) start.join();
}

std::unique_ptr<TwofoldClient> ServerGroup::NewClient(size_t i) const {
  ClientOptions options;
  options.address = servers_[i]->address();
  options.timeout = absl::Seconds(30);
  return std::make_unique<TwofoldClient>(options);
}

std::vector<std::unique_ptr<TwofoldClient>> ServerGroup::NewClients() const {
  std::vector<std::unique_ptr<TwofoldClient>> clients;
  for (size_t i = 0; i < size(); ++i) clients.push_back(NewClient(i));
  return clients;
}

Tally VerifyAtOnce(const std::vector<std::unique_ptr<TwofoldClient>>& clients,
                   const std::vector<v1::VerifyRequest>& requests) {
  Tally tally;
  std::mutex mutex;
  std::atomic<size_t> next{0};
  std::vector<std::thread> threads;
  for (size_t t = 0; t < std::min(kMostAtOnce, requests.size()); ++t) {
    threads.emplace_back([&] {
      for (size_t i = next++; i < requests.size(); i = next++) {
        const auto result = clients[i % clients.size()]->Verify(requests[i]);
        const std::string reason = result.ok()                     ? "ok"
                                   : result.error().reason.empty() ? result.error().message
                                                                   : result.error().reason;
        const std::lock_guard<std::mutex> lock(mutex);
        ++tally[reason];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return tally;
}

Account::Account(TwofoldClient& client, std::string user, v1::MethodType type) : user_(std::move(user)) {
  v1::EnrollRequest enroll;
  enroll.set_user_id(user_);
  enroll.set_type(type);
  if (type == v1::METHOD_TYPE_TOTP) {
    enroll.set_period_seconds(kPeriodSeconds);
    confirmed_ = TimeStep(absl::ToUnixMillis(absl::Now()), kPeriodSeconds);
  }
  const auto enrolled = client.Enroll(enroll);
  if (!enrolled.ok()) Fail(absl::StrCat("Enroll: ", enrolled.error().reason, " ", enrolled.error().message));
  secret_ = Base32Decode(enrolled->secret_base32()).value();
  v1::ConfirmEnrollmentRequest confirm;
  confirm.set_user_id(user_);
  confirm.set_method_id(enrolled->method().method_id());
  confirm.set_code(Code(0));
  const auto done = client.ConfirmEnrollment(confirm);
  if (!done.ok()) Fail(absl::StrCat("ConfirmEnrollment: ", done.error().reason, " ", done.error().message));
  backup_codes_.assign(done->backup_codes().begin(), done->backup_codes().end());
}

std::string Account::Code(int64_t n) const {
  return ComputeOtp(secret_.bytes(), OtpParameters(HashAlgorithm::kSha1, 6), confirmed_ + n);
}

std::string Account::WrongCode() const {
  constexpr int kReach = 200;
  for (int guess = 0;; ++guess) {
    std::string code = absl::StrCat(100000 + guess);
    if (!FindOtp(secret_.bytes(), OtpParameters(HashAlgorithm::kSha1, 6), confirmed_ - kReach, 2 * kReach,
                 code)
             .has_value()) {
      return code;
    }
  }
}

v1::VerifyRequest Account::Verify(const std::string& code) const {
  v1::VerifyRequest request;
  request.set_user_id(user_);
  request.set_code(code);
  return request;
}

}  // namespace twofold
