// L4: no answer is ever given to the wrong request. Hundreds of flows on several threads read and
// write records whose bytes say whose they are, while the network and the server fail at random;
// afterwards every answer is held against what can have been.

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "asio.hpp"
#include "common/async.h"
#include "storage/backend_uri.h"
#include "storage/keys.h"
#include "storage/redis/redis_storage.h"
#include "tests/harness/await.h"
#include "tests/redis/harness/fault_proxy.h"
#include "tests/redis/harness/redis_process.h"
#include "tests/redis/history.h"

namespace twofold {
namespace {

constexpr int kThreads = 3;
constexpr int kFlowsPerThread = 100;
constexpr int kRecords = 150;
// Answered by Redis; those that were refused come on top.
constexpr int64_t kAnswers = 100'000;
constexpr int kFaults = 200;
constexpr absl::Duration kLimit = absl::Seconds(120);

std::string KeyOf(int record) { return SubjectKey("tenant", absl::StrCat("user-", record)); }

// Lengths differ, so that a reader out of step would not stay unnoticed.
std::string BytesOf(int record, Version version) {
  return absl::StrCat(record, "/", version, "/", std::string(version % 700, 'x'));
}

class ManyRequests {
 public:
  ManyRequests(Storage& storage, unsigned seed) : storage_(storage), histories_(kRecords), seed_(seed) {}

  // Until there are enough answers.
  void Run() {
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) threads.emplace_back([this, t] { RunThread(t); });
    for (std::thread& thread : threads) thread.join();
  }

  void CheckAll() {
    int shown = 0;
    for (int record = 0; record < kRecords; ++record) {
      const absl::StatusOr<VersionedBytes> last = SyncWait(storage_.Get(KeyOf(record)));
      ASSERT_TRUE(last.ok() || absl::IsNotFound(last.status())) << last.status();
      const Version version = last.ok() ? last->version : kAbsent;
      for (const std::string& wrong : histories_[static_cast<size_t>(record)].Check(version)) {
        ADD_FAILURE() << "record " << record << ": " << wrong;
        // Where one thing is wrong, thousands are.
        if (++shown == 20) return;
      }
    }
  }

  void OneMoreFault() { ++faults_; }
  bool done() const { return (answers_ >= kAnswers && faults_ >= kFaults) || absl::Now() > deadline_; }
  int64_t answers() const { return answers_; }
  int64_t count(absl::StatusCode code) const { return by_code_[static_cast<size_t>(code)]; }

 private:
  using Flow = Task<absl::StatusOr<bool>>;

  void RunThread(int thread) {
    asio::io_context context;
    InFlight flows;
    for (int f = 0; f < kFlowsPerThread; ++f) {
      const unsigned seed = seed_ + static_cast<unsigned>(thread * kFlowsPerThread + f);
      Spawn(context.get_executor(), flows, Life(context, seed),
            [](const absl::StatusOr<bool>& end) { EXPECT_TRUE(end.ok()) << end.status(); });
    }
    context.run();
  }

  // Reads a record and mostly writes it, again and again.
  Flow Life(asio::io_context& context, unsigned seed) {
    std::mt19937_64 random(seed);
    while (!done()) {
      const int record = static_cast<int>(random() % kRecords);
      const Version next = random() | 1;
      const absl::StatusOr<Version> got = co_await Get(record);
      if (got.ok() && random() % 4 != 0) {
        // Sometimes one that it no longer has, or never had.
        const Version expected = random() % 16 == 0 ? next - 1 : *got;
        co_await Put(record, expected, next);
      }
      if (got.ok()) continue;
      // Whoever is refused at once comes back a little later.
      co_await Sleep(context.get_executor(), absl::Milliseconds(1 + random() % 10));
    }
    co_return true;
  }

  Task<absl::StatusOr<Version>> Get(int record) {
    RecordHistory::Got got;
    got.begin = absl::Now();
    const absl::StatusOr<VersionedBytes> answer = co_await storage_.Get(KeyOf(record));
    got.end = absl::Now();
    Count(answer.status().code());
    if (!answer.ok() && !absl::IsNotFound(answer.status())) {
      EXPECT_TRUE(absl::IsUnavailable(answer.status())) << answer.status();
      co_return answer.status();
    }
    if (answer.ok()) {
      got.version = answer->version;
      EXPECT_EQ(answer->bytes, BytesOf(record, answer->version)) << "the answer to another request";
    }
    histories_[static_cast<size_t>(record)].Add(got);
    co_return got.version;
  }

  Task<void> Put(int record, Version expected, Version next) {
    RecordHistory::Put put;
    put.expected = expected;
    put.next = next;
    put.begin = absl::Now();
    const absl::Status answer = co_await storage_.Put(KeyOf(record), BytesOf(record, next), expected, next);
    put.end = absl::Now();
    put.code = answer.code();
    Count(put.code);
    EXPECT_TRUE(answer.ok() || absl::IsAborted(answer) || absl::IsUnavailable(answer) ||
                absl::IsUnknown(answer))
        << answer;
    histories_[static_cast<size_t>(record)].Add(put);
  }

  void Count(absl::StatusCode code) {
    ++by_code_[static_cast<size_t>(code)];
    if (code != absl::StatusCode::kUnavailable && code != absl::StatusCode::kUnknown) ++answers_;
  }

  Storage& storage_;
  std::vector<RecordHistory> histories_;
  const unsigned seed_;
  const absl::Time deadline_ = absl::Now() + kLimit;
  std::atomic<int64_t> answers_{0};
  std::atomic<int> faults_{0};
  std::array<std::atomic<int64_t>, 32> by_code_{};
};

// Faults, one after the other, with whole moments between them.
class Trouble {
 public:
  Trouble(RedisProcess& redis, FaultProxy& proxy, unsigned seed)
      : redis_(redis), proxy_(proxy), random_(seed) {}

  void RunBeside(ManyRequests& requests) {
    const auto done = [&] { return requests.done(); };
    while (!done()) {
      Begin(static_cast<int>(random_() % 11));
      Last(random_() % 60, done);
      proxy_.Heal();
      redis_.Command({"CONFIG", "SET", "maxmemory", "0"});
      requests.OneMoreFault();
      Last(random_() % 30, done);
    }
  }

 private:
  void Begin(int kind) {
    const auto direction = static_cast<Direction>(random_() % 3);
    const auto how = static_cast<CutBy>(random_() % 2);
    switch (kind) {
      case 0:
        return proxy_.Delay(direction, absl::Milliseconds(random_() % 150));
      case 1:
        return proxy_.Drip(direction, 1 + random_() % 2000, absl::Milliseconds(1));
      case 2:
        return proxy_.BlackHole(direction);
      case 3:
        return proxy_.Cut(how);
      case 4:
      case 5:
        return proxy_.CutAfterReplyBytes(random_() % 20'000, how);
      case 6:
        proxy_.Refuse();
        return proxy_.Cut(how);
      case 7:
        redis_.Command({"SCRIPT", "FLUSH"});
        return;
      case 8:
        redis_.Command({"CLIENT", "KILL", "TYPE", "normal"});
        return;
      case 9:
        redis_.Command({"CONFIG", "SET", "maxmemory", "1"});
        return;
      default:
        // What is on its way is lost for good, now or in a moment.
        proxy_.BlackHole(direction);
        Last(50, [] { return false; });
        return proxy_.Cut(how);
    }
  }

  // As long as that, or until all is done.
  static void Last(uint64_t millis, const std::function<bool()>& done) {
    Await(absl::Milliseconds(millis), done);
  }

  RedisProcess& redis_;
  FaultProxy& proxy_;
  std::mt19937_64 random_;
};

TEST(ManyRequests, L4_NoAnswerIsGivenToAnotherRequest) {
  const unsigned seed = std::random_device()();
  RecordProperty("seed", absl::StrCat(seed));
  std::cout << "seed " << seed << "\n";
  RedisProcess redis;
  FaultProxy proxy(redis.port());
  const BackendUri uri =
      ParseBackendUri(absl::StrCat("redis://", proxy.address(), "?timeout=80ms&connect_timeout=80ms"))
          .value();
  const auto opened = OpenRedisStorage(uri, [](const std::string&) {});
  ASSERT_TRUE(opened.ok()) << opened.status();
  ManyRequests requests(*opened->storage, seed);
  Trouble trouble(redis, proxy, seed);
  const absl::Time begin = absl::Now();
  std::thread troublemaker([&] { trouble.RunBeside(requests); });
  requests.Run();
  troublemaker.join();
  std::cout << requests.answers() << " answers in " << absl::FormatDuration(absl::Now() - begin) << " under "
            << kFaults << " faults, " << proxy.accepted() << " connections";
  for (const absl::StatusCode code :
       {absl::StatusCode::kOk, absl::StatusCode::kNotFound, absl::StatusCode::kAborted,
        absl::StatusCode::kUnavailable, absl::StatusCode::kUnknown}) {
    std::cout << ", " << absl::StatusCodeToString(code) << " " << requests.count(code);
  }
  std::cout << "\n";
  EXPECT_GE(requests.answers(), kAnswers);
  // All that can go wrong did.
  EXPECT_GT(requests.count(absl::StatusCode::kAborted), 0);
  EXPECT_GT(requests.count(absl::StatusCode::kUnavailable), 0);
  EXPECT_GT(requests.count(absl::StatusCode::kUnknown), 0);
  ASSERT_TRUE(Await(absl::Seconds(5), [&] { return SyncWait(opened->storage->CheckReady()).ok(); }));
  requests.CheckAll();
}

}  // namespace
}  // namespace twofold
