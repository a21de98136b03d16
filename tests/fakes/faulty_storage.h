#ifndef TWOFOLD_TESTS_FAKES_FAULTY_STORAGE_H_
#define TWOFOLD_TESTS_FAKES_FAULTY_STORAGE_H_

#include <map>
#include <queue>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "tests/fakes/forwarding_storage.h"

namespace twofold {

enum class StorageCall { kGet, kPut, kDelete, kScan, kCheckReady };

enum class StorageFault {
  kNone,
  // UNAVAILABLE, nothing done.
  kUnavailable,
  // ABORTED, nothing done.
  kConflict,
  // Done, but answered with UNKNOWN.
  kUnknownAndDone,
  // Not done, and answered with UNKNOWN.
  kUnknownAndLost,
};

// Fails as scripted. Every call takes the next fault of its kind of call, and passes if there is
// none. Thread-safe.
class FaultyStorage final : public ForwardingStorage {
 public:
  using ForwardingStorage::ForwardingStorage;

  // Appends `times` faults to the script of `call`. kNone lets that many calls pass.
  void Script(StorageCall call, StorageFault fault, int times = 1);
  // While the storage is down, every call is UNAVAILABLE and takes nothing from the script.
  void SetDown(bool down);

  Task<absl::StatusOr<VersionedBytes>> Get(std::string key) override;
  Task<absl::Status> Put(std::string key, std::string bytes, Version expected, Version next) override;
  Task<absl::Status> Delete(std::string key, Version expected) override;
  Task<absl::StatusOr<ScanPage>> Scan(std::string cursor, int limit) override;
  Task<absl::Status> CheckReady() override;

 private:
  StorageFault Next(StorageCall call);

  absl::Mutex mutex_;
  bool down_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<StorageCall, std::queue<StorageFault>> script_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace twofold

#endif  // TWOFOLD_TESTS_FAKES_FAULTY_STORAGE_H_
