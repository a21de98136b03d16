#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "asio/io_context.hpp"
#include "bench/floors/floors.h"
#include "bench/floors/samples.h"
#include "bench/server/seed.h"
#include "bench/subjects.h"
#include "bench/test_ring.h"
#include "common/async.h"
#include "server/rules/record.h"
#include "storage/keys.h"
#include "storage/sqlite/sqlite_storage.h"

namespace twofold::bench {
namespace {

void Must(const absl::Status& status) {
  if (status.ok()) return;
  std::cerr << "floors: " << status << "\n";
  std::exit(1);
}

// Writes records again and again, many at a time, each with a version one above its present one.
class Writes {
 public:
  Writes(Storage& storage, int64_t subjects)
      : storage_(storage), versions_(static_cast<size_t>(subjects), kAbsent) {
    const std::unique_ptr<KeyRing> ring = NewTestRing();
    bytes_ = SerializeRecord(MakeRecord(*ring, 0, 1'800'000'000'000));
  }

  // Writes until `more` returns false.
  template <typename More>
  int64_t Run(int in_flight, More more) {
    const int64_t before = written_;
    asio::io_context context;
    InFlight flows;
    for (int i = 0; i < in_flight; ++i) {
      Spawn(context.get_executor(), flows, Write(more),
            [](const absl::StatusOr<bool>& done) { Must(done.status()); });
    }
    context.run();
    return written_ - before;
  }

 private:
  template <typename More>
  Task<absl::StatusOr<bool>> Write(More more) {
    while (more()) {
      const auto subjects = static_cast<int64_t>(versions_.size());
      const int64_t subject = Permuted(next_++ % subjects, subjects);
      Version& version = versions_[static_cast<size_t>(subject)];
      std::string key = SubjectKey(kTenant, UserId(subject));
      auto put = storage_.Put(std::move(key), bytes_, version, version + 1);
      const absl::Status written = co_await std::move(put);
      if (!written.ok()) co_return written;
      ++version;
      ++written_;
    }
    co_return true;
  }

  Storage& storage_;
  std::vector<Version> versions_;
  std::string bytes_;
  int64_t next_ = 0;
  int64_t written_ = 0;
};

}  // namespace

nlohmann::json SqliteFloor(const std::string& path, int64_t subjects, int in_flight, double seconds) {
  constexpr int kWhileFilling = 1000;
  absl::StatusOr<std::unique_ptr<SqliteStorage>> storage = OpenSqliteStorage(path);
  Must(storage.status());
  Writes writes(**storage, subjects);
  int64_t left = subjects;
  writes.Run(kWhileFilling, [&left] { return left-- > 0; });
  const Samples time(seconds);
  const auto begin = std::chrono::steady_clock::now();
  const int64_t commits = (*storage)->Stats().commits;
  const int64_t written = writes.Run(in_flight, [&time] { return !time.Done(); });
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
  nlohmann::json report;
  report["qps"] = static_cast<double>(written) / spent.count();
  report["writes_per_commit"] =
      static_cast<double>(written) / static_cast<double>((*storage)->Stats().commits - commits);
  return report;
}

}  // namespace twofold::bench
