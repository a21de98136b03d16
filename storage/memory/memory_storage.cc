#include "storage/memory/memory_storage.h"

#include <map>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "storage/arguments.h"
#include "storage/cursor.h"

namespace twofold {
namespace {

class MemoryStorage final : public Storage {
 public:
  Task<absl::StatusOr<VersionedBytes>> Get(std::string key) override { co_return Find(key); }

  Task<absl::Status> Put(std::string key, std::string bytes, Version expected, Version next) override {
    co_return Write(std::move(key), std::move(bytes), expected, next);
  }

  Task<absl::Status> Delete(std::string key, Version expected) override { co_return Erase(key, expected); }

  Task<absl::StatusOr<ScanPage>> Scan(std::string cursor, int limit) override {
    co_return Page(cursor, limit);
  }

  Task<absl::Status> CheckReady() override { co_return absl::OkStatus(); }

 private:
  absl::StatusOr<VersionedBytes> Find(const std::string& key) const {
    if (absl::Status valid = CheckKey(key); !valid.ok()) return valid;
    absl::ReaderMutexLock lock(&mutex_);
    const auto found = records_.find(key);
    if (found == records_.end()) return absl::NotFoundError("no such record");
    return found->second;
  }

  absl::Status Write(std::string key, std::string bytes, Version expected, Version next) {
    if (absl::Status valid = CheckPut(key, bytes, next); !valid.ok()) return valid;
    absl::MutexLock lock(&mutex_);
    const auto found = records_.find(key);
    if ((found == records_.end() ? kAbsent : found->second.version) != expected) return Conflict();
    if (found == records_.end()) {
      records_.emplace(std::move(key), VersionedBytes{next, std::move(bytes)});
    } else {
      found->second = VersionedBytes{next, std::move(bytes)};
    }
    return absl::OkStatus();
  }

  absl::Status Erase(const std::string& key, Version expected) {
    if (absl::Status valid = CheckDelete(key, expected); !valid.ok()) return valid;
    absl::MutexLock lock(&mutex_);
    const auto found = records_.find(key);
    if (found == records_.end() || found->second.version != expected) return Conflict();
    records_.erase(found);
    return absl::OkStatus();
  }

  absl::StatusOr<ScanPage> Page(const std::string& cursor, int limit) const {
    if (absl::Status valid = CheckScanLimit(limit); !valid.ok()) return valid;
    const absl::StatusOr<std::string> after = KeyBefore(cursor);
    if (!after.ok()) return after.status();
    ScanPage page;
    size_t page_bytes = 0;
    absl::ReaderMutexLock lock(&mutex_);
    auto next = records_.upper_bound(*after);
    while (next != records_.end() && page.records.size() < static_cast<size_t>(limit) &&
           page_bytes < kMaxPageBytes) {
      page.records.push_back({next->first, next->second.version, next->second.bytes});
      page_bytes += next->second.bytes.size();
      ++next;
    }
    if (next != records_.end()) page.next_cursor = CursorAfter(page.records.back().key);
    return page;
  }

  static absl::Status Conflict() { return absl::AbortedError("the record has another version"); }

  mutable absl::Mutex mutex_;
  std::map<std::string, VersionedBytes> records_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<Storage> NewMemoryStorage() { return std::make_unique<MemoryStorage>(); }

}  // namespace twofold
