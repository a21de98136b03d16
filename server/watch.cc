#include "server/watch.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/async.h"
#include "server/engine/store_marker.h"
#include "server/ops/log.h"

namespace twofold {
namespace {

constexpr absl::Duration kInterval = absl::Seconds(1);

}  // namespace

Watch::Watch(Storage& storage, std::string store_id, StoreLease& lease, RateLimiter& limiter, AuditLog& audit,
             Readiness& readiness, std::function<void(bool)> report)
    : storage_(storage),
      store_id_(std::move(store_id)),
      lease_(lease),
      limiter_(limiter),
      audit_(audit),
      readiness_(readiness),
      report_(std::move(report)) {
  Look();
  thread_ = std::thread([this] { Run(); });
}

Watch::~Watch() {
  Stop();
  thread_.join();
}

void Watch::Stop() {
  absl::MutexLock lock(&mutex_);
  stopping_ = true;
}

bool Watch::stopping() {
  absl::MutexLock lock(&mutex_);
  return stopping_;
}

void Watch::Look() {
  // The lease is about the store alone: reads go on where a full disk lets nothing be written.
  const absl::Status same_store = CheckLease();
  if (stopping()) return;
  absl::Status storage = BlockOn(storage_.CheckReady());
  if (storage.ok()) storage = same_store;
  Note("storage", storage);
  if (stopping()) return;
  Note("limiter", BlockOn(limiter_.CheckReady()));
  Note("audit", audit_.CheckReady());
  report_(readiness_.Check().ok());
}

absl::Status Watch::CheckLease() {
  const StoreLease::Time began = std::chrono::steady_clock::now();
  absl::Status same_store = BlockOn(CheckStore(storage_, store_id_));
  if (same_store.ok()) lease_.Renew(began);
  if (absl::IsFailedPrecondition(same_store)) lease_.End();
  return same_store;
}

void Watch::Note(absl::string_view condition, const absl::Status& status) {
  if (!readiness_.Set(condition, status)) return;
  if (status.ok()) {
    LogInfo(condition, " is ready");
  } else {
    LogError(condition, " is not ready: ", status.message());
  }
}

void Watch::Run() {
  for (;;) {
    {
      absl::MutexLock lock(&mutex_);
      if (mutex_.AwaitWithTimeout(absl::Condition(&stopping_), kInterval)) return;
    }
    Look();
  }
}

}  // namespace twofold
