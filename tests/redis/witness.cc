#include "tests/redis/witness.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "asio.hpp"
#include "common/async.h"
#include "gtest/gtest.h"
#include "storage/backend_uri.h"
#include "storage/keys.h"
#include "storage/redis/record_format.h"
#include "storage/redis/redis_rate_limiter.h"
#include "storage/redis/redis_storage.h"
#include "tests/harness/await.h"

namespace twofold {
namespace {

constexpr Version kVersion = 0x0102030405060708;
// Records that rounds may delete.
constexpr int kToDelete = 500;
constexpr char kUser[] = "secret-user";
constexpr char kPassword[] = "hunter2";

std::string KeyOf(absl::string_view what, int number) {
  return SubjectKey("tenant", absl::StrCat(kUser, "-", what, "-", number));
}

// What a record holds tells whose it is.
std::string BytesOf(const std::string& key) { return absl::StrCat("bytes of ", key); }

void Ignore(const std::string&) {}

// A limit that no test reaches.
RateLimit Wide() {
  RateLimit limit;
  limit.attempts = 1'000'000;
  limit.window = absl::Seconds(100);
  return limit;
}

template <typename T>
void Start(asio::io_context& context, InFlight& flows, Task<absl::StatusOr<T>> flow,
           std::function<void(absl::StatusOr<T>)> done) {
  Spawn(context.get_executor(), flows, std::move(flow), std::move(done));
}

Task<absl::StatusOr<bool>> AsResult(Task<absl::Status> flow) {
  const absl::Status status = co_await std::move(flow);
  if (!status.ok()) co_return status;
  co_return true;
}

}  // namespace

std::string QuickUri(absl::string_view address, absl::string_view scheme) {
  return absl::StrCat(scheme, "://", address, "?timeout=300ms&connect_timeout=500ms");
}

absl::Status OpenStorageAndLimiter(const std::string& uri) {
  const BackendUri parsed = ParseBackendUri(uri).value();
  const auto storage = OpenRedisStorage(parsed, Ignore);
  const auto limiter = OpenRedisRateLimiter(parsed, Ignore);
  EXPECT_EQ(storage.ok(), limiter.ok()) << storage.status() << "\n" << limiter.status();
  return storage.status();
}

Witness::Witness(const RedisProcess& server, const std::string& uri) : server_(server), uri_(uri) {
  const BackendUri parsed = ParseBackendUri(uri).value();
  auto storage = OpenRedisStorage(parsed, Ignore);
  auto limiter = OpenRedisRateLimiter(parsed, Ignore);
  if (!storage.ok() || !limiter.ok()) {
    std::cerr << "cannot open: " << storage.status() << "\n" << limiter.status() << "\n";
    std::abort();
  }
  storage_ = std::move(storage->storage);
  limiter_ = *std::move(limiter);
  Prepare(KeyOf("read", 0));
  for (int i = 0; i < kToDelete; ++i) Prepare(KeyOf("delete", i));
}

void Witness::Prepare(const std::string& key) {
  // A busy machine may need longer than the short time-out of a test, so that the outcome is unknown.
  absl::Status put;
  for (int tries = 0; tries < 10; ++tries) {
    put = SyncWait(storage_->Put(key, BytesOf(key), kAbsent, kVersion));
    if (put.ok()) return;
    const absl::StatusOr<VersionedBytes> stored = SyncWait(storage_->Get(key));
    if (stored.ok() && stored->version == kVersion) return;
  }
  ADD_FAILURE() << put;
}

std::string Witness::record_name() const { return FlatName(KeyOf("read", 0)); }

std::string Witness::bucket_name() const { return LoginBucket(KeyOf("read", 0)); }

void Witness::CheckText(const absl::Status& status) const {
  const std::string text(status.message());
  for (const char* secret : {kUser, kPassword, "tf1:", "tenant"}) {
    EXPECT_FALSE(absl::StrContains(text, secret)) << text;
  }
  // Wherever the name is cut into groups of three, its middle is in one of these.
  for (size_t skip = 0; skip < 3; ++skip) {
    std::string encoded = absl::WebSafeBase64Escape(absl::string_view(kUser).substr(skip, 6));
    EXPECT_FALSE(absl::StrContains(text, encoded)) << text;
  }
}

Round Witness::Try() {
  asio::io_context context;
  InFlight flows;
  Round round;
  const std::string read = KeyOf("read", 0);
  const std::string put = KeyOf("put", puts_++);
  const std::string gone = KeyOf("delete", deletes_);
  const absl::Time begin = absl::Now();
  Start<VersionedBytes>(context, flows, storage_->Get(read), [&](absl::StatusOr<VersionedBytes> got) {
    round.got = got.status();
    if (!got.ok()) return;
    EXPECT_EQ(got->bytes, BytesOf(read)) << "the answer to another request";
    EXPECT_EQ(got->version, kVersion);
  });
  Start<bool>(context, flows, AsResult(storage_->Put(put, BytesOf(put), kAbsent, kVersion)),
              [&](const absl::StatusOr<bool>& result) { round.put = result.status(); });
  Start<bool>(context, flows, AsResult(storage_->Delete(gone, kVersion)),
              [&](const absl::StatusOr<bool>& result) { round.deleted = result.status(); });
  Start<AcquireResult>(context, flows, limiter_->Acquire({{bucket_name(), Wide()}}),
                       [&](const absl::StatusOr<AcquireResult>& result) {
                         round.acquired = result.status();
                         EXPECT_TRUE(!result.ok() || result->allowed);
                       });
  context.run();
  round.took = absl::Now() - begin;
  for (const absl::Status& status : {round.got, round.acquired}) {
    EXPECT_TRUE(status.ok() || absl::IsUnavailable(status)) << status;
  }
  for (const absl::Status& status : {round.put, round.deleted}) {
    EXPECT_TRUE(status.ok() || absl::IsUnavailable(status) || absl::IsUnknown(status)) << status;
  }
  for (const absl::Status& status : round.all()) CheckText(status);
  writes_[FlatName(put)] = {false, round.put};
  writes_[FlatName(gone)] = {true, round.deleted};
  // What was certainly not deleted is there for the next round.
  if (!absl::IsUnavailable(round.deleted)) ++deletes_;
  if (deletes_ == kToDelete) std::abort();
  return round;
}

absl::Status Witness::PutAlone() {
  const std::string key = KeyOf("put", puts_++);
  const absl::Status put = SyncWait(storage_->Put(key, BytesOf(key), kAbsent, kVersion));
  CheckText(put);
  writes_[FlatName(key)] = {false, put};
  return put;
}

absl::Status Witness::Read() { return SyncWait(storage_->Get(KeyOf("read", 0))).status(); }

absl::Duration Witness::AwaitRecovery(absl::string_view after) {
  const absl::Time begin = absl::Now();
  Round last;
  const bool recovered = Await(5 * kRecoveryLimit, [&] {
    last = Try();
    return last.all_ok();
  });
  const absl::Duration took = absl::Now() - begin;
  std::cout << "recovered after " << after << " in " << absl::ToInt64Milliseconds(took) << " ms\n";
  EXPECT_TRUE(recovered) << after << ": " << last.got << last.put << last.deleted << last.acquired;
  EXPECT_LE(took, kRecoveryLimit) << after;
  return took;
}

void Witness::AwaitRefusal(absl::string_view text) {
  Round last;
  const auto refused = [&](const absl::Status& status) {
    return absl::IsUnavailable(status) && absl::StrContains(status.message(), text);
  };
  Await(kRecoveryLimit, [&] {
    last = Try();
    const std::vector<absl::Status> all = last.all();
    return std::all_of(all.begin(), all.end(), refused);
  });
  ExpectAllUnavailable(last, text);
}

void Witness::CheckServer() {
  unknown_and_done_ = 0;
  for (const auto& [name, write] : writes_) {
    const bool exists = server_.Command({"EXISTS", name}) == "1";
    const bool done = exists != write.is_delete;
    if (write.status.ok()) {
      EXPECT_TRUE(done) << "acknowledged and not done";
    } else if (absl::IsUnavailable(write.status)) {
      EXPECT_FALSE(done) << "UNAVAILABLE and done: " << write.status;
    } else if (done) {
      ++unknown_and_done_;
    }
    if (exists && !write.is_delete) {
      const std::string key = *KeyOfFlatName(name);
      EXPECT_EQ(server_.Command({"GET", name}), absl::StrCat(redis::VersionBytes(kVersion), BytesOf(key)));
    }
  }
}

int Witness::count(absl::StatusCode code) const {
  return static_cast<int>(std::count_if(
      writes_.begin(), writes_.end(), [&](const auto& write) { return write.second.status.code() == code; }));
}

void ExpectUnavailable(const absl::Status& status, absl::string_view text) {
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), text)) << status << "\nlacks: " << text;
}

void ExpectRefused(const absl::Status& status, absl::string_view text) {
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), text)) << status << "\nlacks: " << text;
}

void ExpectAllUnavailable(const Round& round, absl::string_view text) {
  for (const absl::Status& status : round.all()) ExpectUnavailable(status, text);
}

}  // namespace twofold
