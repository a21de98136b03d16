#ifndef TWOFOLD_SERVER_RPC_CALL_OBSERVER_H_
#define TWOFOLD_SERVER_RPC_CALL_OBSERVER_H_

#include <cstddef>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/engine/engine.h"
#include "server/ops/audit.h"
#include "server/ops/metrics.h"

namespace twofold {

// Records calls: metrics, and one audit event before each answer leaves. Thread-safe. Never blocks.
class CallObserver {
 public:
  CallObserver(AuditLog& audit, Metrics& metrics) : audit_(audit), metrics_(metrics) {}

  // Call it before any work on a call. Returns AUDIT_UNAVAILABLE if events are required and cannot
  // be taken.
  absl::StatusOr<AuditTicket> CallStarted();

  // The same for a part of a streaming call, such as one imported method. It has an event of its own
  // and does not count as a call.
  absl::StatusOr<AuditTicket> PartStarted();
  void PartDone(size_t method, AuditTicket ticket, CallFacts facts, const absl::Status& status);

  // Call it before the answer leaves. `method` is the index in MethodTable().
  void CallDone(size_t method, AuditTicket ticket, CallFacts facts, const absl::Status& status,
                absl::Duration elapsed);

 private:
  AuditLog& audit_;
  Metrics& metrics_;
};

// Returns the outcomes that CallDone counts, in the order of their indices. "ok" is first, and
// every ErrorReason follows.
std::vector<CallOutcome> CallOutcomes();

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RPC_CALL_OBSERVER_H_
