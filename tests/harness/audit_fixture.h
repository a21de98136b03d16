#ifndef TWOFOLD_TESTS_HARNESS_AUDIT_FIXTURE_H_
#define TWOFOLD_TESTS_HARNESS_AUDIT_FIXTURE_H_

#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/ops/audit.h"

namespace twofold {

using Json = nlohmann::json;

class FixedClock final : public Clock {
 public:
  UnixMillis Now() const override { return 1'767'323'045'678; }
};

inline std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline std::vector<Json> ReadLines(const std::string& path) {
  std::vector<Json> lines;
  for (const absl::string_view line : absl::StrSplit(ReadFile(path), '\n', absl::SkipEmpty())) {
    lines.push_back(Json::parse(std::string(line)));
  }
  return lines;
}

inline AuditEvent EventOf(std::string user) {
  AuditEvent event;
  event.event = "Verify";
  event.outcome = "ok";
  event.user = std::move(user);
  return event;
}

// Waits for a condition that another thread brings about.
template <typename Condition>
bool Eventually(Condition condition) {
  const absl::Time deadline = absl::Now() + absl::Seconds(20);
  while (!condition()) {
    if (absl::Now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

class AuditLogTest : public testing::Test {
 protected:
  AuditLogTest() : folder_(absl::StrCat(testing::TempDir(), "/", getpid(), "-", counter_++)) {
    std::filesystem::create_directories(folder_);
    settings_.destination = folder_ + "/audit.log";
    settings_.retry = absl::Milliseconds(1);
  }
  ~AuditLogTest() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<AuditLog> Open() {
    auto log = OpenAuditLog(settings_, clock_);
    EXPECT_TRUE(log.ok()) << log.status();
    return log.ok() ? *std::move(log) : nullptr;
  }

  static bool Record(AuditLog& log, std::string user) {
    absl::StatusOr<AuditTicket> ticket = log.Reserve();
    if (!ticket.ok()) return false;
    log.Record(*std::move(ticket), EventOf(std::move(user)));
    return true;
  }

  static inline int counter_ = 0;
  const FixedClock clock_;
  const std::string folder_;
  AuditSettings settings_;
};

// While this object lives, no file of this process grows beyond `bytes`. It acts as a full disk on
// any machine.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_;
};

}  // namespace twofold

#endif  // TWOFOLD_TESTS_HARNESS_AUDIT_FIXTURE_H_
