#include "server/readiness_monitor.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/async.h"
#include "server/ops/log.h"
#include "server/store/marker.h"

namespace twofold {
namespace {

constexpr absl::Duration kInterval = absl::Seconds(1);
// NTP slews a clock by less than this, and a wait that it prolongs by less does not matter.
constexpr absl::Duration kStep = absl::Milliseconds(500);

absl::Duration Ahead(const Clock& clock) {
  return absl::Milliseconds(clock.Now()) - absl::FromChrono(SteadyNow().time_since_epoch());
}

}  // namespace

ReadinessMonitor::ReadinessMonitor(Storage& storage, std::string store_id, StoreLease& lease,
                                   RateLimiter& limiter, AuditLog& audit, Readiness& readiness,
                                   const Clock& clock, MonitorReports reports)
    : storage_(storage),
      store_id_(std::move(store_id)),
      lease_(lease),
      limiter_(limiter),
      audit_(audit),
      readiness_(readiness),
      clock_(clock),
      reports_(std::move(reports)),
      ahead_(Ahead(clock)) {
  CheckAll();
  checking_ = std::thread([this] {
    while (!stop_.WaitFor(kInterval)) CheckAll();
  });
  reporting_ = std::thread([this] {
    while (!stop_.WaitFor(kInterval)) {
      Report();
      CompareClocks();
    }
  });
}

ReadinessMonitor::~ReadinessMonitor() {
  Stop();
  checking_.join();
  reporting_.join();
}

void ReadinessMonitor::Stop() { stop_.Set(); }

bool ReadinessMonitor::stopping() const { return stop_.IsSet(); }

void ReadinessMonitor::CheckAll() {
  // The lease depends on the store's marker alone, so that reads go on when a full disk prevents writes.
  const absl::Status same_store = CheckLease();
  if (stopping()) return;
  absl::Status storage = SyncWait(storage_.CheckReady());
  if (storage.ok()) storage = same_store;
  Note("storage", storage);
  if (stopping()) return;
  CheckRing();
  if (stopping()) return;
  Note("limiter", SyncWait(limiter_.CheckReady()));
  Note("audit", audit_.CheckReady());
  Report();
}

void ReadinessMonitor::Report() {
  absl::MutexLock lock(&report_mutex_);
  reports_.ready(readiness_.Check().ok());
}

void ReadinessMonitor::CompareClocks() {
  const absl::Duration before = std::exchange(ahead_, Ahead(clock_));
  const absl::Duration step = ahead_ - before;
  if (absl::AbsDuration(step) < kStep) return;
  LogWarning("the system's clock was set ", step < absl::ZeroDuration() ? "back" : "forward", " by ",
             absl::FormatDuration(absl::Trunc(absl::AbsDuration(step), absl::Milliseconds(1))));
  if (step < absl::ZeroDuration()) reports_.set_back();
}

absl::Status ReadinessMonitor::CheckLease() {
  const StoreLease::Time began = SteadyNow();
  absl::Status same_store = SyncWait(CheckStore(storage_, store_id_));
  if (same_store.ok()) lease_.Renew(began);
  if (absl::IsFailedPrecondition(same_store)) lease_.End();
  return same_store;
}

// Another server may use a newer ring, whose primary key sealed the marker again. Such a key seals secrets
// too, which this server cannot open.
void ReadinessMonitor::CheckRing() {
  const std::shared_ptr<const KeyRing> ring = reports_.ring();
  const absl::Status fits = SyncWait(CheckKeyRing(storage_, *ring));
  if (fits.ok() || absl::IsFailedPrecondition(fits)) Note("key ring", fits);
}

void ReadinessMonitor::Note(absl::string_view condition, const absl::Status& status) {
  if (!readiness_.Set(condition, status)) return;
  if (status.ok()) {
    LogInfo(condition, " is ready");
  } else {
    LogError(condition, " is not ready: ", status.message());
  }
}

}  // namespace twofold
