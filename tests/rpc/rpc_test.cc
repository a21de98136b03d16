// What only shows on the wire.

#include <google/protobuf/stubs/logging.h>
#include <gtest/gtest.h>

#include <atomic>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "crypto/otp.h"
#include "crypto/password_hash.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "server/rpc/health_server.h"
#include "tests/harness/user.h"
#include "tests/rpc/rpc_harness.h"

namespace twofold {
namespace {

google::rpc::Status Details(const grpc::Status& status) {
  google::rpc::Status details;
  EXPECT_TRUE(details.ParseFromString(status.error_details()));
  return details;
}

template <typename Detail>
Detail DetailOf(const grpc::Status& status) {
  Detail detail;
  const google::rpc::Status details = Details(status);
  for (const auto& any : details.details()) {
    if (any.UnpackTo(&detail)) break;
  }
  return detail;
}

std::string BadField(const grpc::Status& status) {
  const auto bad = DetailOf<google::rpc::BadRequest>(status);
  return bad.field_violations_size() == 1 ? bad.field_violations(0).field() : "";
}

class Rpc : public ::testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Storages, Rpc, ::testing::Values("memory:", "sqlite:", "redis:"),
                         [](const auto& instance) {
                           const std::string uri(instance.param);
                           return uri.substr(0, uri.size() - 1);
                         });

TEST_P(Rpc, T27_EveryRejectionIsTheSameBytes) {
  RpcHarness harness(GetParam(), OpenLimits());
  User ann(harness.inside(), "ann");
  const App app = ann.Enroll();
  User pending(harness.inside(), "pending");
  auto enroll = pending.About<v1::EnrollRequest>();
  ASSERT_TRUE(harness.inside().Call(enroll).ok());
  const UnixMillis now = harness.inside().clock().Now();
  auto right = ann.About<v1::VerifyRequest>();
  right.set_code(app.CodeAt(now));
  ASSERT_TRUE(harness.Verify(right).ok());

  auto wrong = ann.About<v1::VerifyRequest>();
  wrong.set_code(app.WrongCode(now));
  auto unknown = wrong;
  unknown.set_user_id("nobody");
  auto to_pending = wrong;
  to_pending.set_user_id("pending");
  auto no_such_method = wrong;
  no_such_method.set_method_id("aaaaaaaaaaaaaaaaaaaaaaaaaa");
  auto other_type = wrong;
  other_type.add_allowed_types(v1::METHOD_TYPE_HOTP);
  const grpc::Status expected = harness.Verify(wrong);
  EXPECT_EQ(expected.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  for (const auto& request : {right, unknown, to_pending, no_such_method, other_type}) {
    const int64_t before = OtpHmacCount();
    const grpc::Status status = harness.Verify(request);
    EXPECT_EQ(OtpHmacCount() - before, 4) << request.DebugString();
    EXPECT_EQ(status.error_code(), expected.error_code());
    EXPECT_EQ(status.error_message(), expected.error_message());
    EXPECT_EQ(status.error_details(), expected.error_details());
  }
}

TEST_P(Rpc, T26_ErrorsWithTwoDetailsLookAlikeEveryTime) {
  Limits limits = OpenLimits();
  limits.lock_after = 1;
  RpcHarness harness(GetParam(), limits);
  User ann(harness.inside(), "ann");
  const App app = ann.Enroll();
  auto wrong = ann.About<v1::VerifyRequest>();
  wrong.set_code(app.WrongCode(harness.inside().clock().Now()));
  ASSERT_FALSE(harness.Verify(wrong).ok());
  const grpc::Status locked = harness.Verify(wrong);
  EXPECT_EQ(DetailOf<google::rpc::ErrorInfo>(locked).reason(), "LOCKED");
  EXPECT_EQ(DetailOf<google::rpc::RetryInfo>(locked).retry_delay().seconds(), 30);
  auto right = wrong;
  right.set_code(app.CodeAt(harness.inside().clock().Now()));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(harness.Verify(right).error_details(), locked.error_details());
}

TEST_P(Rpc, T32_WhatIsNoCodeIsRefusedWithoutAnyWork) {
  google::protobuf::SetLogHandler(nullptr);
  RpcHarness harness(GetParam(), OpenLimits());
  User ann(harness.inside(), "ann");
  ann.Enroll();
  const int64_t otp_before = OtpHmacCount();
  const int64_t hash_before = PasswordHashCount();
  const std::vector<std::string> no_codes = {"",
                                             "1",
                                             "12345",
                                             "123456789",
                                             " 123456",
                                             "123456 ",
                                             "12345\n",
                                             "+12345",
                                             "12 456",
                                             "１２３４５６",
                                             "٠١٢٣٤٥",
                                             std::string("\xff\xfe") + "1",
                                             std::string("12345\0", 6),
                                             std::string(1 << 20, '1'),
                                             "ABCD-EFGH-JKLM",
                                             "ABCD-EFGH-JKLM-NPQ0",
                                             "ABCDE-FGH-JKLM-NPQR"};
  for (const std::string& code : no_codes) {
    auto request = ann.About<v1::VerifyRequest>();
    request.set_code(code);
    const grpc::Status status = harness.Verify(request);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << code.substr(0, 40);
    EXPECT_EQ(BadField(status), "code") << code.substr(0, 40);
  }
  EXPECT_EQ(OtpHmacCount(), otp_before);
  EXPECT_EQ(PasswordHashCount(), hash_before);
}

TEST_P(Rpc, BytesThatAreNoMessageAreMalformedLikeAnythingElse) {
  RpcHarness harness(GetParam());
  grpc::GenericStub generic(harness.NewChannel());
  const grpc::Slice garbage("\x0a\xff\xff\xff\xff\x0f garbage");
  grpc::ByteBuffer request(&garbage, 1);
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  auto call = generic.PrepareUnaryCall(&context, "/twofold.v1.TwoFactorService/Verify", request, &queue);
  call->StartCall();
  grpc::ByteBuffer response;
  grpc::Status status;
  call->Finish(&response, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  ASSERT_TRUE(queue.Next(&tag, &ok));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(BadField(status), "request");
}

// A little gzip holds a thousand times as much, which the size of a request does not bound.
TEST_P(Rpc, L5_ACompressedRequestIsNotInflated) {
  RpcHarness harness(GetParam());
  v1::ListMethodsRequest request;
  request.set_user_id(std::string(3 << 20, 'x'));
  grpc::ClientContext plain;
  v1::ListMethodsResponse response;
  EXPECT_EQ(harness.stub().ListMethods(&plain, request, &response).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  grpc::ClientContext compressed;
  compressed.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  const grpc::Status status = harness.stub().ListMethods(&compressed, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(BadField(status), "request");
}

TEST(HealthServerTest, L5_ACompressedRequestIsNotInflated) {
  const auto server = StartHealthServer("127.0.0.1:0");
  ASSERT_TRUE(server.ok());
  const auto health = grpc::health::v1::Health::NewStub(
      grpc::CreateChannel((*server)->address(), grpc::InsecureChannelCredentials()));
  grpc::health::v1::HealthCheckRequest request;
  request.set_service(std::string(3 << 20, 'x'));
  grpc::ClientContext context;
  context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  grpc::health::v1::HealthCheckResponse response;
  EXPECT_EQ(health->Check(&context, request, &response).error_code(), grpc::StatusCode::INTERNAL);
}

TEST(HealthServerTest, T41_WhatWasSetIsAskedForAgain) {
  std::atomic<bool> ready{true};
  const auto server = StartHealthServer("127.0.0.1:0", {}, [&ready] { return ready.load(); });
  ASSERT_TRUE(server.ok());
  const auto health = grpc::health::v1::Health::NewStub(
      grpc::CreateChannel((*server)->address(), grpc::InsecureChannelCredentials()));
  const auto status = [&health] {
    grpc::ClientContext context;
    grpc::health::v1::HealthCheckResponse response;
    EXPECT_TRUE(health->Check(&context, grpc::health::v1::HealthCheckRequest(), &response).ok());
    return response.status();
  };
  (*server)->SetServing(true);
  EXPECT_EQ(status(), grpc::health::v1::HealthCheckResponse::SERVING);
  ready = false;
  EXPECT_EQ(status(), grpc::health::v1::HealthCheckResponse::NOT_SERVING);
}

TEST_P(Rpc, EveryMalformedFieldIsNamed) {
  RpcHarness harness(GetParam());
  const std::pair<const char*, std::function<void(v1::EnrollRequest&)>> kCases[] = {
      {"user_id", [](auto& r) { r.clear_user_id(); }},
      {"user_id", [](auto& r) { r.set_user_id(" ann"); }},
      {"user_id", [](auto& r) { r.set_user_id("ann\n"); }},
      {"user_id", [](auto& r) { r.set_user_id("e\xcc\x81"); }},
      {"user_id", [](auto& r) { r.set_user_id(std::string(256, 'a')); }},
      {"tenant", [](auto& r) { r.set_tenant("a\tb"); }},
      {"request_id", [](auto& r) { r.set_request_id("1"); }},
      {"request_id", [](auto& r) { r.set_request_id("00000000-0000-0000-0000-000000000000"); }},
      {"type", [](auto& r) { r.set_type(v1::METHOD_TYPE_BACKUP_CODES); }},
      {"description", [](auto& r) { r.set_description(std::string(101, 'a')); }},
      {"description", [](auto& r) { r.set_description("a\u202eb"); }},
      {"issuer", [](auto& r) { r.set_issuer("a:b"); }},
      {"issuer", [](auto& r) { r.set_issuer("a\u200bb"); }},
      {"account_name", [](auto& r) { r.set_account_name("a\x01"); }},
      {"account_name", [](auto& r) { r.set_account_name("a\ufeff"); }},
      {"algorithm", [](auto& r) { r.set_algorithm(static_cast<v1::Algorithm>(9)); }},
      {"digits", [](auto& r) { r.set_digits(5); }},
      {"digits", [](auto& r) { r.set_digits(-6); }},
      {"period_seconds", [](auto& r) { r.set_period_seconds(14); }},
      {"period_seconds", [](auto& r) { r.set_period_seconds(301); }},
      {"secret_base32", [](auto& r) { r.set_secret_base32("not base 32!"); }},
      {"secret_base32", [](auto& r) { r.set_secret_base32("GEZDGNBV"); }},
      {"otpauth_uri", [](auto& r) { r.set_otpauth_uri("https://example.com"); }},
      {"qr_format", [](auto& r) { r.set_qr_format(static_cast<v1::QrFormat>(77)); }},
      {"client_address", [](auto& r) { r.set_client_address("300.1.1.1"); }},
  };
  for (const auto& [field, spoil] : kCases) {
    v1::EnrollRequest request;
    request.set_user_id("ann");
    spoil(request);
    grpc::ClientContext context;
    v1::EnrollResponse response;
    const grpc::Status status = harness.stub().Enroll(&context, request, &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << request.ShortDebugString();
    EXPECT_EQ(BadField(status), field) << request.ShortDebugString();
    EXPECT_EQ(DetailOf<google::rpc::ErrorInfo>(status).reason(), "INVALID_REQUEST");
    EXPECT_EQ(DetailOf<google::rpc::ErrorInfo>(status).domain(), "twofold");
  }
}

TEST_P(Rpc, ADescriptionMayHoldWhatEmojiAndPersianAreMadeOf) {
  RpcHarness harness(GetParam());
  v1::EnrollRequest request;
  request.set_user_id("ann");
  request.set_description("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \u2764\ufe0f");
  grpc::ClientContext context;
  v1::EnrollResponse response;
  EXPECT_TRUE(harness.stub().Enroll(&context, request, &response).ok());
}

TEST_P(Rpc, HealthFollowsSetServing) {
  RpcHarness harness(GetParam());
  const auto health = grpc::health::v1::Health::NewStub(harness.NewChannel());
  const auto ask = [&](const std::string& service) {
    grpc::ClientContext context;
    grpc::health::v1::HealthCheckRequest request;
    request.set_service(service);
    grpc::health::v1::HealthCheckResponse response;
    const grpc::Status status = health->Check(&context, request, &response);
    return status.ok() ? grpc::health::v1::HealthCheckResponse::ServingStatus_Name(response.status())
                       : std::string("error");
  };
  for (const char* service : {"", "twofold.v1.TwoFactorService", "twofold.v1.AdminService"}) {
    harness.server().SetServing(false);
    EXPECT_EQ(ask(service), "NOT_SERVING");
    harness.server().SetServing(true);
    EXPECT_EQ(ask(service), "SERVING");
  }
  EXPECT_EQ(ask("twofold.v2.Other"), "error");
}

TEST_P(Rpc, HealthWatchTellsEachChangeAndDoesNotHoldUpTheEnd) {
  using grpc::health::v1::HealthCheckResponse;
  RpcHarness harness(GetParam());
  const auto health = grpc::health::v1::Health::NewStub(harness.NewChannel());
  HealthCheckResponse told;

  grpc::ClientContext unknown_context;
  grpc::health::v1::HealthCheckRequest unknown;
  unknown.set_service("twofold.v2.Other");
  const auto unknown_watch = health->Watch(&unknown_context, unknown);
  ASSERT_TRUE(unknown_watch->Read(&told));
  EXPECT_EQ(told.status(), HealthCheckResponse::SERVICE_UNKNOWN);
  // A caller that goes away leaves nothing behind.
  unknown_context.TryCancel();
  EXPECT_EQ(unknown_watch->Finish().error_code(), grpc::StatusCode::CANCELLED);

  harness.server().SetServing(false);
  grpc::ClientContext context;
  const auto watch = health->Watch(&context, grpc::health::v1::HealthCheckRequest());
  for (const bool serving : {false, true, false, true}) {
    harness.server().SetServing(serving);
    ASSERT_TRUE(watch->Read(&told));
    EXPECT_EQ(told.status(), serving ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING);
  }
  const absl::Time begin = absl::Now();
  harness.server().Shutdown(absl::Seconds(30));
  EXPECT_LT(absl::Now() - begin, absl::Seconds(10));
  ASSERT_TRUE(watch->Read(&told));
  EXPECT_EQ(told.status(), HealthCheckResponse::NOT_SERVING);
  EXPECT_FALSE(watch->Read(&told));
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_P(Rpc, EveryCallIsAuditedBeforeItsAnswerAndCounted) {
  RpcHarness harness(GetParam());
  User ann(harness.inside(), "ann");
  const App app = ann.Enroll();
  auto request = ann.About<v1::VerifyRequest>();
  request.set_client_address("::ffff:192.0.2.7");
  request.set_code(app.CodeAt(harness.inside().clock().Now()));
  EXPECT_TRUE(harness.Verify(request).ok());
  EXPECT_FALSE(harness.Verify(request).ok());
  const std::string metrics = harness.metrics().RenderText();
  EXPECT_TRUE(absl::StrContains(metrics, "twofold_verify_total{result=\"ok\"} 1")) << metrics;
  EXPECT_TRUE(absl::StrContains(metrics, "twofold_verify_total{result=\"CODE_REJECTED\"} 1"));
  harness.server().Shutdown(absl::Seconds(1));
  const std::string lines = harness.AuditLines();
  EXPECT_TRUE(absl::StrContains(lines, "\"outcome\":\"ok\"")) << lines;
  EXPECT_TRUE(absl::StrContains(lines, "\"detail\":\"replayed\"")) << lines;
  EXPECT_TRUE(absl::StrContains(lines, "\"client_address\":\"192.0.2.7\"")) << lines;
  EXPECT_FALSE(absl::StrContains(lines, request.code())) << lines;
}

}  // namespace
}  // namespace twofold
