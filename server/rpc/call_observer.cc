#include "server/rpc/call_observer.h"

#include <array>
#include <utility>

#include "server/engine/errors.h"
#include "server/rpc/method_table.h"

namespace twofold {
namespace {

// Returns the cause as text that lives as long as the process, because audit events keep views of
// it. Causes are a closed set.
absl::string_view LastingCause(const std::string& cause) {
  static constexpr std::array<absl::string_view, 9> kCauses = {
      "wrong",        "replayed", "outdated", "method_left_out", "locked", "permanent_lock_after",
      "clock_behind", "repeated", "conflict"};
  for (const absl::string_view known : kCauses) {
    if (cause == known) return known;
  }
  return "";
}

absl::string_view MethodTypeName(v1::MethodType type) {
  switch (type) {
    case v1::METHOD_TYPE_TOTP:
      return "totp";
    case v1::METHOD_TYPE_HOTP:
      return "hotp";
    case v1::METHOD_TYPE_BACKUP_CODES:
      return "backup_codes";
    default:
      return "";
  }
}

// Returns the reason that counts as the outcome of a failed call.
v1::ErrorReason Outcome(const absl::Status& status) {
  const v1::ErrorReason reason = ReasonOf(status);
  return !status.ok() && reason == v1::ERROR_REASON_UNSPECIFIED ? v1::INTERNAL : reason;
}

std::string GrpcCodeName(v1::ErrorReason reason) {
  switch (reason) {
    case v1::ERROR_REASON_UNSPECIFIED:
      return "OK";
    case v1::CODE_REJECTED:
    case v1::CALLER_NOT_ALLOWED:
      return "PermissionDenied";
    case v1::RATE_LIMITED:
    case v1::LOCKED:
    case v1::OVERLOADED:
      return "ResourceExhausted";
    case v1::INVALID_REQUEST:
    case v1::MALFORMED_CODE:
      return "InvalidArgument";
    case v1::STORAGE_UNAVAILABLE:
    case v1::LIMITER_UNAVAILABLE:
    case v1::SERVER_UNFIT:
    case v1::AUDIT_UNAVAILABLE:
      return "Unavailable";
    case v1::KEY_UNAVAILABLE:
    case v1::METHOD_STATE:
    case v1::NO_DEVICE:
    case v1::LAST_METHOD:
    case v1::PROOF_REQUIRED:
    case v1::TOO_MANY_METHODS:
      return "FailedPrecondition";
    case v1::RECORD_CORRUPT:
      return "DataLoss";
    case v1::DUPLICATE_SECRET:
      return "AlreadyExists";
    case v1::CALLER_UNKNOWN:
      return "Unauthenticated";
    case v1::METHOD_NOT_FOUND:
      return "NotFound";
    case v1::CONFLICT:
      return "Aborted";
    default:
      return "Internal";
  }
}

}  // namespace

std::vector<CallOutcome> CallOutcomes() {
  std::vector<CallOutcome> outcomes;
  for (int number = v1::ErrorReason_MIN; number <= v1::ErrorReason_MAX; ++number) {
    const auto reason = static_cast<v1::ErrorReason>(number);
    outcomes.push_back({number == 0 ? "ok" : v1::ErrorReason_Name(reason), GrpcCodeName(reason)});
  }
  return outcomes;
}

absl::StatusOr<AuditTicket> CallObserver::CallStarted() {
  metrics_.CallStarted();
  absl::StatusOr<AuditTicket> ticket = audit_.Reserve();
  if (!ticket.ok()) return AuditUnavailableError();
  return ticket;
}

void CallObserver::CallDone(size_t method, AuditTicket ticket, CallFacts facts, const absl::Status& status,
                            absl::Duration elapsed) {
  const v1::ErrorReason reason = Outcome(status);
  metrics_.CallDone(method, static_cast<size_t>(reason), elapsed);
  AuditEvent event;
  event.event = MethodTable()[method].name;
  event.outcome = status.ok() ? absl::string_view("ok") : absl::string_view(v1::ErrorReason_Name(reason));
  event.detail = LastingCause(facts.cause);
  event.method_type = MethodTypeName(facts.method_type);
  event.tenant = std::move(facts.tenant);
  event.user = std::move(facts.user);
  event.method_id = std::move(facts.method_id);
  event.caller = std::move(facts.caller);
  event.client_address = std::move(facts.client_address);
  event.has_request_id = facts.has_request_id;
  event.consecutive_failures = facts.consecutive_failures;
  event.duration_us = absl::ToInt64Microseconds(elapsed);
  audit_.Record(std::move(ticket), std::move(event));
}

}  // namespace twofold
