#include "clients/cli/error_output.h"

#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

namespace twofold {
namespace {

using ::grpc::StatusCode;

struct Case {
  CallError error;
  ExitCode exit_code;
  const char* line;
};

TEST(ErrorOutputTest, LineAndExitCode) {
  const Case kCases[] = {
      {{.code = StatusCode::PERMISSION_DENIED, .message = "m", .reason = "CODE_REJECTED"},
       kRefused,
       "code rejected"},
      {{.code = StatusCode::RESOURCE_EXHAUSTED, .reason = "LOCKED", .retry_delay = absl::Milliseconds(27500)},
       kRefused,
       "locked, try again in 28 s"},
      {{.code = StatusCode::RESOURCE_EXHAUSTED, .reason = "LOCKED"},
       kRefused,
       "locked until a backup code, two consecutive codes (twofold resync) or an administrator ends it"},
      {{.code = StatusCode::RESOURCE_EXHAUSTED, .reason = "RATE_LIMITED", .retry_delay = absl::Seconds(20)},
       kRefused,
       "too many attempts, try again in 20 s"},
      {{.code = StatusCode::RESOURCE_EXHAUSTED, .reason = "OVERLOADED", .retry_delay = absl::Seconds(1)},
       kRefused,
       "the server is overloaded, try again in 1 s"},
      {{.code = StatusCode::INVALID_ARGUMENT,
        .message = "m",
        .reason = "INVALID_REQUEST",
        .field_violations = {{"user_id", "is empty"}, {"code", "is too long"}}},
       kRefused,
       "invalid request: user_id: is empty; code: is too long"},
      {{.code = StatusCode::INVALID_ARGUMENT, .message = "m", .reason = "INVALID_REQUEST"},
       kRefused,
       "invalid request: m"},
      {{.code = StatusCode::INVALID_ARGUMENT,
        .message = "m",
        .reason = "MALFORMED_CODE",
        .field_violations = {{"code", "must be 6, 7 or 8 digits"}}},
       kRefused,
       "not a code: code: must be 6, 7 or 8 digits"},
      {{.code = StatusCode::FAILED_PRECONDITION, .message = "m", .reason = "PROOF_REQUIRED"},
       kRefused,
       "the user has an authenticator, so this change needs --proof-code CODE, or --proof-credential FILE "
       "with --challenge ID"},
      {{.code = StatusCode::UNAVAILABLE, .reason = "DELIVERY_FAILED", .retry_delay = absl::Seconds(30)},
       kUnreachable,
       "the code could not be sent, try again in 30 s"},
      {{.code = StatusCode::RESOURCE_EXHAUSTED, .reason = "DELIVERY_LIMITED", .retry_delay = absl::Hours(3)},
       kRefused,
       "too many codes were sent, try again in 3 h"},
      {{.code = StatusCode::FAILED_PRECONDITION,
        .message = "the last authenticator stays",
        .reason = "LAST_METHOD"},
       kRefused,
       "the last authenticator stays"},
      {{.code = StatusCode::ABORTED, .reason = "A_NEWER_REASON"}, kRefused, "A_NEWER_REASON"},
      {{.code = StatusCode::INTERNAL, .message = "internal error", .reason = "INTERNAL", .id = "e-17"},
       kRefused,
       "internal error (id e-17 in the server's log)"},
      {{.code = StatusCode::UNAVAILABLE, .message = "storage is down", .reason = "STORAGE_UNAVAILABLE"},
       kUnreachable,
       "h:1 cannot answer now: storage is down"},
      {{.code = StatusCode::UNAVAILABLE, .message = "connection refused"},
       kUnreachable,
       "cannot reach h:1: connection refused; is the server running there? (--address)"},
      {{.code = StatusCode::UNAVAILABLE, .message = "SSL: certificate verify failed"},
       kUnreachable,
       "cannot reach h:1: SSL: certificate verify failed; its certificate is not of the authority that --ca "
       "names"},
      {{.code = StatusCode::UNAVAILABLE, .message = "Socket closed"},
       kUnreachable,
       "cannot reach h:1: Socket closed; if it uses TLS, name --ca, and a --cert that it accepts and that "
       "has "
       "not expired"},
      {{.code = StatusCode::UNAUTHENTICATED, .message = "m", .reason = "CALLER_UNKNOWN"},
       kRefused,
       "h:1 does not know this caller: its policy has no entry for the identity"},
      {{.code = StatusCode::PERMISSION_DENIED, .message = "m", .reason = "CALLER_NOT_ALLOWED"},
       kRefused,
       "h:1 does not let this caller do this: its policy lacks the role or the tenant"},
      {{.code = StatusCode::DEADLINE_EXCEEDED, .message = "m"},
       kUnreachable,
       "no answer from h:1 in time (--timeout)"},
      {{.code = StatusCode::UNIMPLEMENTED, .message = "m"}, kUnreachable, "h:1 does not serve this call: m"},
      {{.code = StatusCode::UNKNOWN, .message = "m"}, kUnreachable, "h:1 answered UNKNOWN: m"},
      {{.code = StatusCode::INVALID_ARGUMENT, .message = "m"}, kRefused, "h:1 answered INVALID_ARGUMENT: m"},
      {{.code = StatusCode::UNAUTHENTICATED, .message = "m"}, kRefused, "h:1 answered UNAUTHENTICATED: m"},
  };
  for (const Case& c : kCases) {
    EXPECT_EQ(ErrorLine(c.error, "h:1"), c.line);
    EXPECT_EQ(ExitCodeOf(c.error), c.exit_code) << c.line;
  }
}

google::protobuf::Struct Parse(const std::string& json) {
  google::protobuf::Struct fields;
  EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(json, &fields).ok()) << json;
  return fields;
}

TEST(ErrorOutputTest, JsonHoldsEverything) {
  const auto fields = Parse(ErrorJson({.code = StatusCode::RESOURCE_EXHAUSTED,
                                       .message = "say \"please\"\n",
                                       .reason = "LOCKED",
                                       .field_violations = {{"code", "is \"bad\""}},
                                       .retry_delay = absl::Milliseconds(27500),
                                       .id = "e-17"}));
  EXPECT_EQ(fields.fields().at("code").string_value(), "RESOURCE_EXHAUSTED");
  EXPECT_EQ(fields.fields().at("message").string_value(), "say \"please\"\n");
  EXPECT_EQ(fields.fields().at("reason").string_value(), "LOCKED");
  EXPECT_EQ(fields.fields().at("retryAfterSeconds").number_value(), 27.5);
  EXPECT_EQ(fields.fields().at("id").string_value(), "e-17");
  const auto& violation = fields.fields().at("fieldViolations").list_value().values(0).struct_value();
  EXPECT_EQ(violation.fields().at("field").string_value(), "code");
  EXPECT_EQ(violation.fields().at("description").string_value(), "is \"bad\"");
}

TEST(ErrorOutputTest, JsonLeavesOutWhatIsEmpty) {
  EXPECT_EQ(Parse(ErrorJson({.code = StatusCode::ABORTED})).fields().size(), 1u);
  EXPECT_EQ(Parse(UsageJson("no")).fields().at("code").string_value(), "USAGE");
}

}  // namespace
}  // namespace twofold
