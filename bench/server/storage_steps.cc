#include "bench/server/storage_steps.h"

#include <string>
#include <utility>
#include <vector>

#include "bench/subjects.h"
#include "storage/keys.h"

namespace twofold::bench {
namespace {

// No step is refused, because steps are not guesses.
constexpr RateLimit kNoLimit{1'000'000, absl::Seconds(100)};

Task<absl::StatusOr<VersionedBytes>> Read(AttemptGate& gate, std::string key) {
  std::vector<Bucket> buckets(1);
  buckets[0].name = LoginBucket(key);
  buckets[0].limit = kNoLimit;
  auto read = co_await gate.AcquireAndGet(std::move(buckets), std::move(key));
  if (!read.ok()) co_return read.status();
  co_return std::move(read->record);
}

}  // namespace

Task<absl::Status> StorageSteps::Next() {
  const int64_t subjects = subjects_;
  if (storage_ == nullptr || subjects == 0) co_return absl::FailedPreconditionError("no users");
  const int64_t step = made_.fetch_add(1);
  const std::string key = SubjectKey(kTenant, UserId(Permuted(step % subjects, subjects)));
  const Version next = Scramble(static_cast<uint64_t>(step)) | 1;
  absl::Status written = absl::AbortedError("");
  // With few users, a user may come again before its last step has ended.
  while (absl::IsAborted(written)) {
    std::string read_key = key;
    auto record = co_await Read(*gate_, std::move(read_key));
    if (!record.ok()) co_return record.status();
    std::string put_key = key;
    written = co_await storage_->Put(std::move(put_key), std::move(record->bytes), record->version, next);
  }
  co_return written;
}

void StorageSteps::End() {
  subjects_ = 0;
  in_flight_.WaitForNone(absl::InfiniteDuration());
}

}  // namespace twofold::bench
