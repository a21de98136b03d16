#include "clients/cli/error_output.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <array>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "clients/cli/text.h"

namespace twofold {
namespace {

using google::protobuf::Struct;

constexpr std::array<const char*, 17> kCodeNames = {
    "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED"};

std::string CodeName(grpc::StatusCode code) {
  const auto index = static_cast<size_t>(code);
  return index < kCodeNames.size() ? kCodeNames[index] : absl::StrCat(code);
}

std::string TryAgain(const CallError& error) {
  return error.retry_delay ? absl::StrCat(", try again in ", WaitingTime(*error.retry_delay)) : "";
}

std::string LockedLine(const CallError& error) {
  if (error.retry_delay) return absl::StrCat("locked", TryAgain(error));
  return "locked until a backup code, two consecutive codes (twofold resync) or an administrator ends it";
}

std::string FieldsLine(absl::string_view what, const CallError& error) {
  if (error.field_violations.empty()) return absl::StrCat(what, ": ", error.message);
  const auto format = [](std::string* out, const FieldViolation& violation) {
    absl::StrAppend(out, violation.field, ": ", violation.description);
  };
  return absl::StrCat(what, ": ", absl::StrJoin(error.field_violations, "; ", format));
}

std::string WithId(const CallError& error, const std::string& line) {
  return error.id.empty() ? line : absl::StrCat(line, " (id ", error.id, " in the server's log)");
}

// What to look at, by what gRPC says of a connection that failed.
absl::string_view Hint(absl::string_view message) {
  constexpr struct {
    const char* part;
    const char* hint;
  } kHints[] = {
      {"certificate verify failed", "its certificate is not of the authority that --ca names"},
      {"not in peer certificate", "--server-name names what its certificate says"},
      {"wrong version number", "it does not use TLS, so leave --ca out"},
      // A server can only hang up on a client that it does not take.
      {"Socket closed", "if it uses TLS, name --ca, and a --cert that it accepts and that has not expired"},
      {"Connection reset",
       "if it uses TLS, name --ca, and a --cert that it accepts and that has not expired"},
  };
  for (const auto& [part, hint] : kHints) {
    if (absl::StrContains(message, part)) return hint;
  }
  return "is the server running there? (--address)";
}

// Errors without a reason come from the transport, or from a server that is not Twofold.
std::string TransportLine(const CallError& error, absl::string_view address) {
  switch (error.code) {
    case grpc::StatusCode::UNAVAILABLE:
      return absl::StrCat("cannot reach ", address, ": ", error.message, "; ", Hint(error.message));
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return absl::StrCat("no answer from ", address, " in time (--timeout)");
    case grpc::StatusCode::UNIMPLEMENTED:
      return absl::StrCat(address, " does not serve this call: ", error.message);
    default:
      return absl::StrCat(address, " answered ", CodeName(error.code), ": ", error.message);
  }
}

std::string ToJson(const Struct& fields) {
  std::string json;
  (void)google::protobuf::util::MessageToJsonString(fields, &json);
  return json;
}

void SetText(Struct& fields, const char* name, const std::string& text) {
  if (!text.empty()) (*fields.mutable_fields())[name].set_string_value(text);
}

}  // namespace

ExitCode ExitCodeOf(const CallError& error) {
  switch (error.code) {
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return kUnreachable;
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::UNIMPLEMENTED:
    case grpc::StatusCode::UNKNOWN:
      return error.reason.empty() ? kUnreachable : kRefused;
    default:
      return kRefused;
  }
}

std::string ErrorLine(const CallError& error, absl::string_view address) {
  const std::string& reason = error.reason;
  if (reason.empty()) return TransportLine(error, address);
  if (reason == "CODE_REJECTED") return "code rejected";
  if (reason == "LOCKED") return LockedLine(error);
  if (reason == "RATE_LIMITED") return absl::StrCat("too many attempts", TryAgain(error));
  if (reason == "OVERLOADED") return absl::StrCat("the server is overloaded", TryAgain(error));
  if (reason == "INVALID_REQUEST") return FieldsLine("invalid request", error);
  if (reason == "MALFORMED_CODE") return FieldsLine("not a code", error);
  if (reason == "CALLER_UNKNOWN")
    return absl::StrCat(address, " does not know this caller: its policy has no entry for the identity");
  if (reason == "CALLER_NOT_ALLOWED")
    return absl::StrCat(address,
                        " does not let this caller do this: its policy lacks the role or the tenant");
  if (reason == "PROOF_REQUIRED")
    return "the user has an authenticator, so this change needs --proof-code CODE, or --proof-credential "
           "FILE "
           "with --challenge ID";
  if (reason == "DELIVERY_FAILED") return absl::StrCat("the code could not be sent", TryAgain(error));
  if (reason == "DELIVERY_LIMITED") return absl::StrCat("too many codes were sent", TryAgain(error));
  if (error.code == grpc::StatusCode::UNAVAILABLE) {
    return WithId(error, absl::StrCat(address, " cannot answer now: ", error.message, TryAgain(error)));
  }
  return WithId(error, error.message.empty() ? reason : error.message);
}

std::string ErrorJson(const CallError& error) {
  Struct fields;
  SetText(fields, "code", CodeName(error.code));
  SetText(fields, "message", error.message);
  SetText(fields, "reason", error.reason);
  SetText(fields, "id", error.id);
  for (const FieldViolation& violation : error.field_violations) {
    auto& list = *(*fields.mutable_fields())["fieldViolations"].mutable_list_value();
    Struct& entry = *list.add_values()->mutable_struct_value();
    SetText(entry, "field", violation.field);
    SetText(entry, "description", violation.description);
  }
  if (error.retry_delay) {
    (*fields.mutable_fields())["retryAfterSeconds"].set_number_value(
        absl::ToDoubleSeconds(*error.retry_delay));
  }
  return ToJson(fields);
}

std::string UsageJson(absl::string_view message) {
  Struct fields;
  SetText(fields, "code", "USAGE");
  SetText(fields, "message", std::string(message));
  return ToJson(fields);
}

}  // namespace twofold
