#include "server/rpc/call_observer.h"

#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "server/errors.h"
#include "server/methods/type_name.h"
#include "server/rpc/method_table.h"

namespace twofold {
namespace {

// Returns the reason that counts as the outcome of a failed call.
v1::ErrorReason Outcome(const absl::Status& status) {
  const v1::ErrorReason reason = ReasonOf(status);
  return !status.ok() && reason == v1::ERROR_REASON_UNSPECIFIED ? v1::INTERNAL : reason;
}

// "PermissionDenied", as other gRPC servers label their metrics.
std::string GrpcCodeName(absl::StatusCode code) {
  if (code == absl::StatusCode::kOk) return "OK";
  std::string name;
  bool word_begins = true;
  for (const char c : absl::StatusCodeToString(code)) {
    if (c != '_') name += word_begins ? c : absl::ascii_tolower(c);
    word_begins = c == '_';
  }
  return name;
}

AuditEvent EventOf(size_t method, CallFacts facts, const absl::Status& status, absl::Duration elapsed) {
  AuditEvent event;
  event.event = MethodTable()[method].name;
  event.outcome =
      status.ok() ? absl::string_view("ok") : absl::string_view(v1::ErrorReason_Name(Outcome(status)));
  event.detail = CauseName(facts.cause);
  event.method_type = MethodTypeName(facts.method_type);
  event.tenant = std::move(facts.tenant);
  event.user = std::move(facts.user);
  event.method_id = std::move(facts.method_id);
  event.grant_id = std::move(facts.grant_id);
  event.caller = std::move(facts.caller);
  event.client_address = std::move(facts.client_address);
  event.has_request_id = facts.has_request_id;
  event.consecutive_failures = facts.consecutive_failures;
  event.duration_us = absl::ToInt64Microseconds(elapsed);
  return event;
}

// What became of a code that is sent. Empty for a call that concerns none.
absl::string_view SentCodeOutcome(const CallFacts& facts, const absl::Status& status) {
  const bool is_sent = facts.method_type == v1::METHOD_TYPE_SMS || facts.method_type == v1::METHOD_TYPE_EMAIL;
  if (!is_sent || facts.cause == Cause::kRepeated) return "";
  if (!facts.sends_code) return status.ok() && facts.accepted_code ? "verified" : "";
  switch (ReasonOf(status)) {
    case v1::DELIVERY_FAILED:
      return "failed";
    case v1::DELIVERY_LIMITED:
      return "limited";
    case v1::OVERLOADED:
      return "refused";
    default:
      return status.ok() ? "taken" : "";
  }
}

}  // namespace

std::vector<CallOutcome> CallOutcomes() {
  std::vector<CallOutcome> outcomes;
  for (int number = v1::ErrorReason_MIN; number <= v1::ErrorReason_MAX; ++number) {
    const auto reason = static_cast<v1::ErrorReason>(number);
    outcomes.push_back({number == 0 ? "ok" : v1::ErrorReason_Name(reason), GrpcCodeName(CodeOf(reason))});
  }
  return outcomes;
}

absl::StatusOr<AuditTicket> CallObserver::CallStarted() {
  metrics_.CallStarted();
  return PartStarted();
}

absl::StatusOr<AuditTicket> CallObserver::PartStarted() {
  absl::StatusOr<AuditTicket> ticket = audit_.Reserve();
  if (!ticket.ok()) return AuditUnavailableError();
  return ticket;
}

void CallObserver::CallDone(size_t method, AuditTicket ticket, CallFacts facts, const absl::Status& status,
                            absl::Duration elapsed) {
  metrics_.CallDone(method, static_cast<size_t>(Outcome(status)), elapsed);
  const absl::string_view sent = SentCodeOutcome(facts, status);
  if (!sent.empty()) metrics_.SentCode(MethodTypeName(facts.method_type), facts.dial_prefix, sent);
  audit_.Record(std::move(ticket), EventOf(method, std::move(facts), status, elapsed));
}

void CallObserver::PartDone(size_t method, AuditTicket ticket, CallFacts facts, const absl::Status& status) {
  audit_.Record(std::move(ticket), EventOf(method, std::move(facts), status, absl::ZeroDuration()));
}

}  // namespace twofold
