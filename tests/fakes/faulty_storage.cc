#include "tests/fakes/faulty_storage.h"

#include <utility>

namespace twofold {
namespace {

bool Executes(StorageFault fault) {
  return fault == StorageFault::kNone || fault == StorageFault::kUnknownAndDone;
}

absl::Status StatusOf(StorageFault fault) {
  switch (fault) {
    case StorageFault::kNone:
      return absl::OkStatus();
    case StorageFault::kUnavailable:
      return absl::UnavailableError("scripted fault");
    case StorageFault::kConflict:
      return absl::AbortedError("scripted conflict");
    case StorageFault::kUnknownAndDone:
    case StorageFault::kUnknownAndLost:
      return absl::UnknownError("scripted fault");
  }
  return absl::InternalError("no such fault");
}

}  // namespace

void FaultyStorage::Script(StorageCall call, StorageFault fault, int times) {
  absl::MutexLock lock(&mutex_);
  for (int i = 0; i < times; ++i) script_[call].push(fault);
}

void FaultyStorage::SetDown(bool down) {
  absl::MutexLock lock(&mutex_);
  down_ = down;
}

StorageFault FaultyStorage::Next(StorageCall call) {
  absl::MutexLock lock(&mutex_);
  if (down_) return StorageFault::kUnavailable;
  std::queue<StorageFault>& faults = script_[call];
  if (faults.empty()) return StorageFault::kNone;
  const StorageFault fault = faults.front();
  faults.pop();
  return fault;
}

Task<absl::StatusOr<VersionedBytes>> FaultyStorage::Get(std::string key) {
  const StorageFault fault = Next(StorageCall::kGet);
  if (fault != StorageFault::kNone) co_return StatusOf(fault);
  co_return co_await base().Get(std::move(key));
}

Task<absl::Status> FaultyStorage::Put(std::string key, std::string bytes, Version expected, Version next) {
  const StorageFault fault = Next(StorageCall::kPut);
  if (!Executes(fault)) co_return StatusOf(fault);
  absl::Status done = co_await base().Put(std::move(key), std::move(bytes), expected, next);
  if (fault == StorageFault::kNone) co_return done;
  co_return StatusOf(fault);
}

Task<absl::Status> FaultyStorage::Delete(std::string key, Version expected) {
  const StorageFault fault = Next(StorageCall::kDelete);
  if (!Executes(fault)) co_return StatusOf(fault);
  absl::Status done = co_await base().Delete(std::move(key), expected);
  if (fault == StorageFault::kNone) co_return done;
  co_return StatusOf(fault);
}

Task<absl::StatusOr<ScanPage>> FaultyStorage::Scan(std::string cursor, int limit) {
  const StorageFault fault = Next(StorageCall::kScan);
  if (fault != StorageFault::kNone) co_return StatusOf(fault);
  co_return co_await base().Scan(std::move(cursor), limit);
}

Task<absl::Status> FaultyStorage::CheckReady() {
  const StorageFault fault = Next(StorageCall::kCheckReady);
  if (fault != StorageFault::kNone) co_return StatusOf(fault);
  co_return co_await base().CheckReady();
}

}  // namespace twofold
