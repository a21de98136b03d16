#include "server/ops/audit.h"

#include <algorithm>
#include <atomic>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/status_macros.h"
#include "common/steady.h"
#include "common/worker_thread.h"
#include "server/ops/audit_json.h"
#include "server/ops/audit_sink.h"
#include "server/ops/log.h"

namespace twofold {
namespace {

// No valid field is longer. This bounds the memory of the queue whatever a caller sends.
constexpr size_t kMaxField = 512;
// Under load, writing each line by itself would cost a system call and a change of threads per
// call.
constexpr absl::Duration kLinger = absl::Milliseconds(2);

void Clip(std::string& field) {
  if (field.size() <= kMaxField) return;
  field.resize(kMaxField);
  field.shrink_to_fit();
}

class NoAuditLog final : public AuditLog {
 public:
  absl::StatusOr<AuditTicket> Reserve() override { return AuditTicket(); }
  void Record(AuditTicket, AuditEvent) override {}
  absl::Status Reopen() override { return absl::OkStatus(); }
  absl::Status CheckReady() const override { return absl::OkStatus(); }
  int64_t dropped() const override { return 0; }
  int64_t write_errors() const override { return 0; }

 private:
  void ReleaseSlot() override {}
};

class QueuedAuditLog final : public AuditLog {
 public:
  QueuedAuditLog(const AuditSettings& settings, std::unique_ptr<AuditSink> sink, const Clock& clock)
      : settings_(settings),
        clock_(clock),
        sink_(std::move(sink)),
        worker_(
            settings.max_waiting, [this](const std::vector<Item>& batch) { Handle(batch); }, kLinger) {}

  ~QueuedAuditLog() override {
    stopping_.store(true);
    retry_now_.Set();
    // The worker is destroyed next, and writes the waiting events.
  }

  absl::StatusOr<AuditTicket> Reserve() override {
    if (settings_.required && broken_.load(std::memory_order_relaxed)) return CheckReady();
    if (slots_.fetch_add(1, std::memory_order_relaxed) < static_cast<int64_t>(settings_.max_waiting)) {
      return MakeTicket(this);
    }
    ReleaseSlot();
    if (settings_.required) return absl::UnavailableError("too many audit events wait to be written");
    return AuditTicket();
  }

  void Record(AuditTicket ticket, AuditEvent event) override {
    if (!Consume(ticket)) return Drop(1);
    for (std::string* field : {&event.tenant, &event.user, &event.method_id, &event.grant_id, &event.caller,
                               &event.client_address}) {
      Clip(*field);
    }
    Item item{std::move(event), clock_.Now()};
    // The slots bound the queue, so a push under a ticket finds room.
    if (!worker_.TryPush(item)) {
      ReleaseSlot();
      Drop(1);
    }
  }

  absl::Status Reopen() override {
    TWOFOLD_RETURN_IF_ERROR(sink_->Reopen());
    reopened_.store(true);
    retry_now_.Set();
    return absl::OkStatus();
  }

  absl::Status CheckReady() const override {
    if (!settings_.required) return absl::OkStatus();
    absl::MutexLock lock(&mutex_);
    return last_write_;
  }

  int64_t dropped() const override { return dropped_.load(std::memory_order_relaxed); }
  int64_t write_errors() const override { return write_errors_.load(std::memory_order_relaxed); }

 private:
  struct Item {
    AuditEvent event;
    UnixMillis time;
  };

  void ReleaseSlot() override { slots_.fetch_sub(1, std::memory_order_relaxed); }

  void Drop(int64_t count) {
    dropped_.fetch_add(count, std::memory_order_relaxed);
    unreported_.fetch_add(count, std::memory_order_relaxed);
  }

  void Handle(const std::vector<Item>& batch) {
    std::string lines;
    for (const Item& item : batch) AppendAuditLine(item.event, item.time, lines);
    WriteWithRetries(lines);
    slots_.fetch_sub(static_cast<int64_t>(batch.size()), std::memory_order_relaxed);
    while (!given_up_) {
      const int64_t count = unreported_.exchange(0, std::memory_order_relaxed);
      if (count == 0) break;
      lines.clear();
      AppendDroppedLine(count, clock_.Now(), lines);
      WriteWithRetries(lines);
    }
  }

  void WriteWithRetries(absl::string_view lines) {
    absl::string_view rest = lines;
    while (!given_up_) {
      const absl::Status status = sink_->Write(lines, rest);
      NoteWrite(status);
      if (status.ok()) return;
      // If the file was opened again since the last try, another try is worth it, also at the end.
      given_up_ = stopping_.load() && !reopened_.exchange(false);
      if (given_up_) break;
      retry_now_.WaitFor(settings_.retry);
      retry_now_.Clear();
    }
    // No later line could report these events.
    const int64_t lost = std::count(rest.begin(), rest.end(), '\n');
    if (lost == 0) return;
    dropped_.fetch_add(lost, std::memory_order_relaxed);
    LogError("the audit log: ", lost, " events are lost, because the server ends and they cannot be written");
  }

  void NoteWrite(const absl::Status& status) {
    const bool failed = !status.ok();
    if (failed) write_errors_.fetch_add(1, std::memory_order_relaxed);
    const bool was_broken = broken_.exchange(failed, std::memory_order_relaxed);
    if (failed == was_broken) return;
    {
      absl::MutexLock lock(&mutex_);
      last_write_ =
          failed ? absl::UnavailableError(absl::StrCat("the audit log: ", status.message())) : status;
    }
    if (failed) {
      LogError("the audit log cannot be written, trying again: ", status.message());
    } else {
      LogInfo("the audit log can be written again");
    }
  }

  const AuditSettings settings_;
  const Clock& clock_;
  const std::unique_ptr<AuditSink> sink_;
  std::atomic<int64_t> slots_{0};
  std::atomic<int64_t> dropped_{0};
  std::atomic<int64_t> unreported_{0};
  std::atomic<int64_t> write_errors_{0};
  std::atomic<bool> broken_{false};
  mutable absl::Mutex mutex_;
  absl::Status last_write_ ABSL_GUARDED_BY(mutex_);
  std::atomic<bool> stopping_{false};
  SteadyEvent retry_now_;
  std::atomic<bool> reopened_{false};
  bool given_up_ = false;      // Used by the worker's thread only.
  WorkerThread<Item> worker_;  // This is last, because its thread uses all members above.
};

}  // namespace

AuditTicket& AuditTicket::operator=(AuditTicket&& other) noexcept {
  AuditTicket old(std::move(*this));
  log_ = std::exchange(other.log_, nullptr);
  return *this;
}

AuditTicket::~AuditTicket() {
  if (log_ != nullptr) log_->ReleaseSlot();
}

absl::StatusOr<std::unique_ptr<AuditLog>> OpenAuditLog(const AuditSettings& settings, const Clock& clock) {
  if (settings.destination == "none") return std::make_unique<NoAuditLog>();
  TWOFOLD_ASSIGN_OR_RETURN(std::unique_ptr<AuditSink> sink, OpenAuditSink(settings));
  return std::make_unique<QueuedAuditLog>(settings, std::move(sink), clock);
}

}  // namespace twofold
