#include "clients/cpp/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <optional>
#include <set>
#include <utility>

#include "absl/time/clock.h"
#include "clients/cpp/request_id.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "tests/harness/scripted_server.h"
#include "tests/harness/tool.h"
#include "twofold/v1/admin_service.pb.h"
#include "twofold/v1/error_reason.pb.h"
#include "twofold/v1/two_factor_service.pb.h"

namespace twofold {
namespace {

using ::testing::MatchesRegex;
using ::testing::SizeIs;

constexpr char kUuid4[] = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";

grpc::Status Unavailable() {
  return MakeStatus(
      {.code = grpc::StatusCode::UNAVAILABLE, .message = "no", .reason = "STORAGE_UNAVAILABLE"});
}

class ClientTest : public ::testing::Test {
 protected:
  ClientOptions Options() const {
    ClientOptions options;
    options.address = server_.address();
    return options;
  }

  ScriptedServer server_;
  TwofoldClient client_{Options()};
};

TEST_F(ClientTest, AnswerComesBack) {
  v1::VerifyResponse response;
  response.set_backup_codes_remaining(7);
  server_.Answer(response);
  const auto result = client_.Verify({});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->backup_codes_remaining(), 7);
}

TEST_F(ClientTest, AnAddressThatIsNoneIsRefusedAndNothingIsSent) {
  const std::string port = server_.address().substr(server_.address().rfind(':') + 1);
  for (const std::string& address :
       {"127.0.0.1:" + std::to_string(std::stoi(port) + 65536), server_.address() + "x",
        "dns:" + server_.address(), "ipv4:" + server_.address(), "http://" + server_.address(),
        std::string("127.0.0.1:0"), std::string("xds:"), std::string()}) {
    ClientOptions options;
    options.address = address;
    const auto result = TwofoldClient(options).Verify({});
    ASSERT_FALSE(result.ok()) << address;
    EXPECT_EQ(result.error().code, grpc::StatusCode::INVALID_ARGUMENT) << address;
  }
  EXPECT_THAT(server_.Requests<v1::VerifyRequest>(), SizeIs(0));
}

TEST_F(ClientTest, APathWithCharactersOfUrisIsReachedAsItIs) {
  const TempFolder folder;
  const std::string path = folder.File("a b%41?#.s");
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  ASSERT_LT(path.size(), sizeof address.sun_path);
  path.copy(address.sun_path, path.size());
  const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(listen(listener, 1), 0);
  ClientOptions options;
  options.address = "unix:" + path;
  options.timeout = absl::Seconds(1);
  EXPECT_FALSE(TwofoldClient(options).Verify({}).ok());
  // No server answered, but a client connected.
  pollfd waiting = {.fd = listener, .events = POLLIN, .revents = 0};
  EXPECT_EQ(poll(&waiting, 1, 0), 1);
  close(listener);
}

TEST_F(ClientTest, GrantsAreCheckedAndRevoked) {
  v1::CheckGrantRequest check;
  check.set_user_id("ann");
  check.set_grant("id.secret");
  ASSERT_TRUE(client_.CheckGrant(check).ok());
  const auto checked = server_.Requests<v1::CheckGrantRequest>();
  ASSERT_THAT(checked, SizeIs(1));
  EXPECT_EQ(checked[0].grant(), "id.secret");
  ASSERT_TRUE(client_.RevokeGrants({}).ok());
  const auto revoked = server_.Requests<v1::RevokeGrantsRequest>();
  ASSERT_THAT(revoked, SizeIs(1));
  EXPECT_THAT(revoked[0].request_id(), MatchesRegex(kUuid4));
}

TEST_F(ClientTest, ChangingCallGetsAFreshRequestId) {
  ASSERT_TRUE(client_.Verify({}).ok());
  ASSERT_TRUE(client_.Verify({}).ok());
  const auto requests = server_.Requests<v1::VerifyRequest>();
  ASSERT_THAT(requests, SizeIs(2));
  EXPECT_THAT(requests[0].request_id(), MatchesRegex(kUuid4));
  EXPECT_NE(requests[0].request_id(), requests[1].request_id());
}

TEST_F(ClientTest, CallersRequestIdStays) {
  v1::ResetSubjectRequest request;
  request.set_request_id("b1c6a5a4-8f2e-4d6e-9a52-3f3d9e7b0c11");
  ASSERT_TRUE(client_.ResetSubject(request).ok());
  EXPECT_EQ(server_.Requests<v1::ResetSubjectRequest>().at(0).request_id(), request.request_id());
}

TEST_F(ClientTest, UnavailableIsRetriedWithTheSameRequestId) {
  server_.RefuseNext(Unavailable());
  server_.RefuseNext(Unavailable());
  EXPECT_TRUE(client_.Verify({}).ok());
  const auto requests = server_.Requests<v1::VerifyRequest>();
  ASSERT_THAT(requests, SizeIs(3));
  EXPECT_EQ(requests[0].request_id(), requests[1].request_id());
  EXPECT_EQ(requests[0].request_id(), requests[2].request_id());
}

TEST_F(ClientTest, GivesUpAfterThreeAttempts) {
  for (int i = 0; i < 4; ++i) server_.RefuseNext(Unavailable());
  const auto result = client_.ListMethods({});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(result.error().reason, "STORAGE_UNAVAILABLE");
  EXPECT_THAT(server_.Requests<v1::ListMethodsRequest>(), SizeIs(3));
}

TEST_F(ClientTest, NothingElseIsRetried) {
  for (int code = grpc::StatusCode::CANCELLED; code <= grpc::StatusCode::UNAUTHENTICATED; ++code) {
    if (code == grpc::StatusCode::UNAVAILABLE) continue;
    server_.RefuseNext(grpc::Status(static_cast<grpc::StatusCode>(code), "no"));
    EXPECT_EQ(client_.Enroll({}).error().code, code);
  }
  EXPECT_THAT(server_.Requests<v1::EnrollRequest>(), SizeIs(15));
}

TEST_F(ClientTest, EveryCallHasADeadline) {
  server_.Stall();
  ClientOptions options = Options();
  options.timeout = absl::Milliseconds(50);
  TwofoldClient hasty(options);
  EXPECT_EQ(hasty.Verify({}).error().code, grpc::StatusCode::DEADLINE_EXCEEDED);
}

TEST_F(ClientTest, AChallengeHasOptionsOrASentCode) {
  v1::StartChallengeResponse response;
  response.set_challenge_id("c1");
  response.set_type(v1::METHOD_TYPE_SECURITY_KEY);
  response.mutable_expire_time()->set_seconds(1714559696);
  response.mutable_expire_time()->set_nanos(5000000);
  response.set_webauthn_request_options_json("{}");
  server_.Answer(response);
  const auto key = client_.StartChallenge({});
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(key->id(), "c1");
  EXPECT_EQ(key->type(), v1::METHOD_TYPE_SECURITY_KEY);
  EXPECT_EQ(key->expire_time(), absl::FromUnixMillis(1714559696005));
  ASSERT_NE(key->security_key_options(), nullptr);
  EXPECT_EQ(*key->security_key_options(), "{}");
  EXPECT_EQ(key->sent_code(), nullptr);

  response.set_type(v1::METHOD_TYPE_SMS);
  response.mutable_sent()->set_masked_destination("+***78");
  server_.Answer(response);
  const auto sent = client_.StartChallenge({});
  ASSERT_TRUE(sent.ok());
  EXPECT_EQ(sent->security_key_options(), nullptr);
  ASSERT_NE(sent->sent_code(), nullptr);
  EXPECT_EQ(sent->sent_code()->masked_destination(), "+***78");
}

TEST_F(ClientTest, AChallengeThatNobodyCanAnswerIsAnError) {
  v1::StartChallengeResponse response;
  response.set_challenge_id("c1");
  server_.Answer(response);
  const auto result = client_.StartChallenge({});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, grpc::StatusCode::UNKNOWN);
  EXPECT_EQ(result.error().reason, "");
}

TEST_F(ClientTest, NoChallengeIsStartedTwice) {
  server_.RefuseNext(Unavailable());
  const auto result = client_.StartChallenge({});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().reason, "STORAGE_UNAVAILABLE");
  EXPECT_THAT(server_.Requests<v1::StartChallengeRequest>(), SizeIs(1));
}

TEST_F(ClientTest, CallsThatSendACodeHaveADeadlineOfTheirOwn) {
  server_.Stall();
  const absl::Time start = absl::Now();
  ClientOptions options = Options();
  options.timeout = absl::Seconds(20);
  options.send_timeout = absl::Milliseconds(50);
  TwofoldClient sender(options);
  EXPECT_EQ(sender.StartChallenge({}).error().code, grpc::StatusCode::DEADLINE_EXCEEDED);
  v1::EnrollRequest request;
  for (const v1::MethodType type : {v1::METHOD_TYPE_SMS, v1::METHOD_TYPE_EMAIL}) {
    request.set_type(type);
    EXPECT_EQ(sender.Enroll(request).error().code, grpc::StatusCode::DEADLINE_EXCEEDED);
  }
  std::swap(options.timeout, options.send_timeout);
  request.set_type(v1::METHOD_TYPE_SECURITY_KEY);
  EXPECT_EQ(TwofoldClient(options).Enroll(request).error().code, grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_LT(absl::Now() - start, absl::Seconds(20));
}

TEST(KeyFactsTest, OnlyASecurityKeySaysThem) {
  v1::VerifyResponse response;
  response.set_user_verified(true);
  for (const v1::MethodType type : {v1::METHOD_TYPE_UNSPECIFIED, v1::METHOD_TYPE_TOTP, v1::METHOD_TYPE_SMS}) {
    response.mutable_method()->set_type(type);
    EXPECT_FALSE(KeyFactsOf(response).has_value()) << type;
  }
  response.mutable_method()->set_type(v1::METHOD_TYPE_SECURITY_KEY);
  const std::optional<KeyFacts> facts = KeyFactsOf(response);
  ASSERT_TRUE(facts.has_value());
  EXPECT_TRUE(facts->user_verified);
  EXPECT_FALSE(facts->backed_up);
}

TEST(DecodeErrorTest, ReasonOfAnotherServiceIsNotOurs) {
  google::rpc::ErrorInfo info;
  info.set_domain("proxy.example");
  info.set_reason("CODE_REJECTED");
  google::rpc::Status rich;
  rich.add_details()->PackFrom(info);
  const grpc::Status status(grpc::StatusCode::PERMISSION_DENIED, "", rich.SerializeAsString());
  EXPECT_EQ(DecodeError(status).reason, "");
}

TEST(DecodeErrorTest, ReadsEveryDetail) {
  const CallError error =
      DecodeError(MakeStatus({.code = grpc::StatusCode::INVALID_ARGUMENT,
                              .message = "text",
                              .reason = "INVALID_REQUEST",
                              .field_violations = {{"user_id", "is empty"}, {"code", "too long"}},
                              .retry_delay = absl::Milliseconds(1500),
                              .id = "e-17"}));
  EXPECT_EQ(error.code, grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(error.message, "text");
  EXPECT_EQ(error.reason, "INVALID_REQUEST");
  EXPECT_EQ(error.retry_delay, absl::Milliseconds(1500));
  EXPECT_EQ(error.id, "e-17");
  ASSERT_THAT(error.field_violations, SizeIs(2));
  EXPECT_EQ(error.field_violations[1].field, "code");
  EXPECT_EQ(error.field_violations[1].description, "too long");
}

TEST(DecodeErrorTest, WhatCannotBeReadLeavesCodeAndMessage) {
  const CallError error =
      DecodeError(grpc::Status(grpc::StatusCode::ABORTED, "text", "\xff\xff not a message"));
  EXPECT_EQ(error.code, grpc::StatusCode::ABORTED);
  EXPECT_EQ(error.message, "text");
  EXPECT_EQ(error.reason, "");
}

TEST(NewRequestIdTest, IsARandomUuid) {
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) {
    ids.insert(NewRequestId());
    EXPECT_THAT(*ids.rbegin(), MatchesRegex(kUuid4));
  }
  EXPECT_THAT(ids, SizeIs(1000));
}

// Generators for other languages would otherwise need these on the command line.
TEST(ApiTest, EveryFileNamesItsPackageForEachLanguage) {
  for (const auto* file :
       {v1::VerifyRequest::descriptor()->file(), v1::ResetSubjectRequest::descriptor()->file(),
        v1::Method::descriptor()->file(), v1::ErrorReason_descriptor()->file()}) {
    SCOPED_TRACE(file->name());
    EXPECT_EQ(file->options().go_package(), "twofold/v1;twofoldv1");
    EXPECT_EQ(file->options().java_package(), "twofold.v1");
    EXPECT_TRUE(file->options().java_multiple_files());
    EXPECT_EQ(file->options().csharp_namespace(), "Twofold.V1");
  }
  // Go programs then find the copy of these that gRPC has already registered.
  EXPECT_EQ(google::rpc::ErrorInfo::descriptor()->file()->options().go_package(),
            "google.golang.org/genproto/googleapis/rpc/errdetails;errdetails");
}

}  // namespace
}  // namespace twofold
