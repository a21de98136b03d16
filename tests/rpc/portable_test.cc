// Import and export over the wire.

#include <google/protobuf/util/json_util.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <limits>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "crypto/cms.h"
#include "tests/harness/await.h"
#include "tests/harness/user.h"
#include "tests/rpc/rpc_harness.h"

namespace twofold {
namespace {

constexpr char kPassword[] = "a password of a test";
// 20 bytes.
constexpr char kSecret[] = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

v1::PortableMethod Portable(const std::string& user, const std::string& uri) {
  v1::PortableMethod method;
  method.set_user_id(user);
  method.set_otpauth_uri(uri);
  return method;
}

std::string TotpUri(const std::string& parameters = "", const std::string& secret = kSecret) {
  return absl::StrCat("otpauth://totp/Other:ann?secret=", secret, "&issuer=Other", parameters);
}

grpc::Status Import(v1::AdminService::Stub& stub, const std::vector<v1::PortableMethod>& methods,
                    v1::ImportMethodsResponse& response, bool dry_run = false) {
  grpc::ClientContext context;
  const auto stream = stub.ImportMethods(&context, &response);
  v1::ImportMethodsRequest request;
  request.set_dry_run(dry_run);
  for (const v1::PortableMethod& method : methods) {
    *request.add_methods() = method;
    if (request.methods_size() < 100) continue;
    stream->Write(request);
    request.Clear();
  }
  stream->Write(request);
  stream->WritesDone();
  return stream->Finish();
}

// The file, and the last response.
std::pair<std::string, v1::ExportMethodsResponse> Export(v1::AdminService::Stub& stub,
                                                         const v1::ExportMethodsRequest& request) {
  grpc::ClientContext context;
  const auto stream = stub.ExportMethods(&context, request);
  std::string file;
  v1::ExportMethodsResponse response;
  while (stream->Read(&response)) file += response.chunk();
  const grpc::Status status = stream->Finish();
  EXPECT_TRUE(status.ok()) << status.error_message();
  return {file, response};
}

std::vector<v1::PortableMethod> Opened(const std::string& file) {
  CmsOpener opener;
  opener.password = SecretBytes::FromString(kPassword);
  const absl::StatusOr<SecretBytes> content = OpenCms(file, opener);
  EXPECT_TRUE(content.ok()) << content.status();
  std::vector<v1::PortableMethod> methods;
  for (const absl::string_view line : absl::StrSplit(content->text(), '\n', absl::SkipEmpty())) {
    const auto parsed =
        google::protobuf::util::JsonStringToMessage(std::string(line), &methods.emplace_back());
    EXPECT_TRUE(parsed.ok()) << parsed.ToString();
  }
  return methods;
}

class PortableTest : public ::testing::TestWithParam<const char*> {
 protected:
  static std::unique_ptr<v1::AdminService::Stub> AdminOf(RpcHarness& harness) {
    return v1::AdminService::NewStub(harness.NewChannel());
  }
};

INSTANTIATE_TEST_SUITE_P(Storages, PortableTest, ::testing::Values("memory:", "sqlite:", "redis:"),
                         [](const auto& instance) {
                           const std::string uri(instance.param);
                           return uri.substr(0, uri.size() - 1);
                         });

TEST_P(PortableTest, ImportedMethodsLogInAtOnce) {
  RpcHarness harness(GetParam(), OpenLimits());
  const auto admin = AdminOf(harness);
  v1::ImportMethodsResponse response;
  const std::vector<v1::PortableMethod> methods = {
      Portable("ann", TotpUri()), Portable("bob", TotpUri("&digits=8&algorithm=SHA256&period=60")),
      Portable("cid", absl::StrCat("otpauth://hotp/cid?counter=7&secret=", kSecret))};
  ASSERT_TRUE(Import(*admin, methods, response).ok());
  EXPECT_EQ(response.imported_count(), 3) << response.DebugString();
  const UnixMillis now = harness.inside().clock().Now();
  for (const auto& result : response.results()) {
    const v1::PortableMethod& method = methods[static_cast<size_t>(result.index())];
    const App app(result.method_id(), method.otpauth_uri());
    const std::string code = method.user_id() == "cid" ? app.CodeOf(7) : app.CodeAt(now);
    EXPECT_EQ(Reason(User(harness.inside(), method.user_id()).Verify(code)), "ok") << method.user_id();
    EXPECT_EQ(Reason(User(harness.inside(), method.user_id()).Verify(code)), "CODE_REJECTED");
  }
}

TEST_P(PortableTest, AnImportThatIsSentAgainChangesNothing) {
  RpcHarness harness(GetParam(), OpenLimits());
  const auto admin = AdminOf(harness);
  std::vector<v1::PortableMethod> methods;
  for (int i = 0; i < 250; ++i) methods.push_back(Portable(absl::StrCat("user", i), TotpUri()));
  v1::ImportMethodsResponse first;
  ASSERT_TRUE(Import(*admin, methods, first).ok());
  EXPECT_EQ(first.imported_count(), 250);
  // A code that was used between the two stays used.
  User user(harness.inside(), "user7");
  const App app(first.results(7).method_id(), TotpUri());
  const std::string code = app.CodeAt(harness.inside().clock().Now());
  ASSERT_TRUE(user.Verify(code).ok());
  v1::ImportMethodsResponse again;
  ASSERT_TRUE(Import(*admin, methods, again).ok());
  EXPECT_EQ(again.unchanged_count(), 250);
  EXPECT_EQ(again.results(7).method_id(), first.results(7).method_id());
  EXPECT_EQ(Reason(user.Verify(code)), "CODE_REJECTED");
  EXPECT_EQ(user.List()->methods_size(), 1);
}

TEST_P(PortableTest, ADryRunStoresNothing) {
  RpcHarness harness(GetParam(), OpenLimits());
  const auto admin = AdminOf(harness);
  v1::ImportMethodsResponse response;
  ASSERT_TRUE(Import(*admin, {Portable("ann", TotpUri())}, response, true).ok());
  EXPECT_EQ(response.imported_count(), 1);
  EXPECT_EQ(response.results(0).method_id(), "");
  EXPECT_FALSE(User(harness.inside(), "ann").List()->second_factor_required());
}

TEST_P(PortableTest, T38_WhatCannotBeStoredIsRefusedByItself) {
  RpcHarness harness(GetParam(), OpenLimits());
  const auto admin = AdminOf(harness);
  std::vector<v1::PortableMethod> methods = {
      Portable("ann", TotpUri()),
      Portable("ann", TotpUri("&digits=8")),
      Portable("", TotpUri()),
      Portable("ann ", TotpUri()),
      Portable("bob", "not a URI"),
      Portable("bob", TotpUri("", "GEZDGNBV")),
      Portable("bob", TotpUri("&period=0")),
      Portable("bob", TotpUri("&period=100000")),
      Portable("bob", TotpUri("&digits=9")),
      Portable("bob", absl::StrCat("otpauth://hotp/x?counter=9223372036854775807&secret=", kSecret)),
      Portable("bob", TotpUri()),
      Portable("bob", TotpUri()),
      Portable("bob", TotpUri()),
      Portable("bob", TotpUri()),
      Portable("bob", TotpUri()),
      v1::PortableMethod(),
  };
  methods[10].set_next_time_step(int64_t{1} << 40);
  methods[11].set_next_time_step(-1);
  methods[12].set_clock_offset_steps(std::numeric_limits<int32_t>::min());
  methods[13].set_state(v1::METHOD_STATE_PENDING);
  methods[14].set_description(std::string(101, 'x'));
  methods[15].set_user_id("bob");
  v1::ImportMethodsResponse response;
  ASSERT_TRUE(Import(*admin, methods, response).ok());
  EXPECT_EQ(response.imported_count(), 1) << response.DebugString();
  EXPECT_EQ(response.refused_count(), 15);
  EXPECT_EQ(response.results(1).reason(), v1::DUPLICATE_SECRET);
  for (int i = 2; i < response.results_size(); ++i) {
    EXPECT_EQ(response.results(i).reason(), v1::INVALID_REQUEST) << i;
    EXPECT_NE(response.results(i).message(), "");
    EXPECT_FALSE(absl::StrContains(response.results(i).message(), "GEZDGNBV"));
  }
  EXPECT_FALSE(User(harness.inside(), "bob").List()->second_factor_required());
}

TEST_P(PortableTest, ASubjectGetsNoMoreMethodsThanItMayHave) {
  RpcHarness harness(GetParam(), OpenLimits());
  const auto admin = AdminOf(harness);
  std::vector<v1::PortableMethod> methods;
  for (char c = 'A'; c < 'L'; ++c) {
    methods.push_back(Portable("ann", TotpUri("", std::string(1, c) + std::string(kSecret).substr(1))));
  }
  v1::ImportMethodsResponse response;
  ASSERT_TRUE(Import(*admin, methods, response).ok());
  EXPECT_EQ(response.imported_count(), 10);
  EXPECT_EQ(response.results(10).reason(), v1::TOO_MANY_METHODS);
}

TEST_P(PortableTest, AStreamHoldsABoundedNumberOfMethods) {
  RpcHarness harness("memory:", OpenLimits());
  const auto admin = AdminOf(harness);
  const std::vector<v1::PortableMethod> methods(10'001, Portable("ann", "x"));
  v1::ImportMethodsResponse response;
  EXPECT_EQ(Import(*admin, methods, response).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_P(PortableTest, L7_AnExportCarriesEverythingToAnotherStore) {
  RpcHarness from(GetParam(), OpenLimits());
  User ann(from.inside(), "ann", "acme");
  const App phone = ann.Enroll();
  auto hotp = ann.About<v1::EnrollRequest>();
  hotp.set_type(v1::METHOD_TYPE_HOTP);
  hotp.set_description("a token");
  hotp.set_proof_code(ann.backup_codes()[0]);
  App token = ann.Enroll(hotp);
  const std::string used = phone.CodeAt(from.inside().clock().Now());
  ASSERT_TRUE(ann.Verify(used).ok());
  ASSERT_TRUE(ann.Verify(ann.backup_codes()[1]).ok());
  const std::string used_press = token.NextCode();
  ASSERT_TRUE(ann.Verify(used_press, token.method_id()).ok());
  User pending(from.inside(), "pending");
  ASSERT_TRUE(from.inside().Call(pending.About<v1::EnrollRequest>()).ok());

  v1::ExportMethodsRequest request;
  request.set_password(kPassword);
  const auto [file, counts] = Export(*AdminOf(from), request);
  EXPECT_EQ(counts.method_count(), 3);
  EXPECT_EQ(counts.unreadable_count(), 0);
  EXPECT_FALSE(absl::StrContains(file, "ann"));
  const std::vector<v1::PortableMethod> methods = Opened(file);
  ASSERT_EQ(methods.size(), 3U);

  RpcHarness to("memory:", OpenLimits());
  to.inside().clock().Set(from.inside().clock().Now());
  v1::ImportMethodsResponse response;
  ASSERT_TRUE(Import(*AdminOf(to), methods, response).ok());
  EXPECT_EQ(response.imported_count(), 3) << response.DebugString();
  User there(to.inside(), "ann", "acme");
  EXPECT_EQ(Reason(there.Verify(used)), "CODE_REJECTED");
  EXPECT_EQ(Reason(there.Verify(used_press)), "CODE_REJECTED");
  EXPECT_EQ(Reason(there.Verify(ann.backup_codes()[0])), "CODE_REJECTED");
  EXPECT_EQ(Reason(there.Verify(ann.backup_codes()[1])), "CODE_REJECTED");
  EXPECT_EQ(Reason(there.Verify(phone.CodeAt(to.inside().clock().Now(), 1))), "ok");
  EXPECT_EQ(Reason(there.Verify(token.NextCode())), "ok");
  EXPECT_EQ(Reason(there.Verify(ann.backup_codes()[2])), "ok");
  EXPECT_EQ(there.List()->methods(1).description(), "a token");
  EXPECT_EQ(there.List()->methods(2).backup_codes().remaining(), 7);
}

TEST_P(PortableTest, L9_AStreamObeysThePolicyThatReplacesItsOwn) {
  RpcHarness harness("memory:", OpenLimits());
  const auto policy = [](const std::string& tenants) {
    const std::string json = absl::StrCat(
        R"({"callers": [{"name": "op", "identities": ["dns:op"], "roles": ["admin"], "tenants": [)", tenants,
        "]}]}");
    absl::StatusOr<std::unique_ptr<const Policy>> parsed = Policy::Parse(json);
    EXPECT_TRUE(parsed.ok()) << parsed.status();
    return std::shared_ptr<const Policy>(*std::move(parsed));
  };
  AccessControl access{policy(R"("*")")};
  RpcServerSettings settings;
  settings.listen = "127.0.0.1:0";
  settings.caller_header = "x-forwarded-client-cert";
  const auto server = harness.StartAnother(settings, access);
  const auto stub =
      v1::AdminService::NewStub(grpc::CreateChannel(server->address(), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  context.AddMetadata("x-forwarded-client-cert", "DNS=op");
  v1::ImportMethodsResponse response;
  const auto stream = stub->ImportMethods(&context, &response);
  v1::ImportMethodsRequest request;
  *request.add_methods() = Portable("ann", TotpUri());
  stream->Write(request);
  ASSERT_TRUE(Await(absl::Seconds(20),
                    [&] { return User(harness.inside(), "ann").List()->second_factor_required(); }));
  access.Replace(policy(R"("acme")"));
  request.mutable_methods(0)->set_user_id("bob");
  stream->Write(request);
  stream->WritesDone();
  ASSERT_TRUE(stream->Finish().ok());
  EXPECT_EQ(response.results(1).reason(), v1::CALLER_NOT_ALLOWED);
  EXPECT_FALSE(User(harness.inside(), "bob").List()->second_factor_required());
}

TEST_P(PortableTest, AnExportNeedsARecipientThatCanBeSealedFor) {
  RpcHarness harness(GetParam(), OpenLimits());
  v1::ExportMethodsRequest nobody;
  v1::ExportMethodsRequest weak;
  weak.set_password("short");
  v1::ExportMethodsRequest no_certificate;
  no_certificate.set_certificate_pem("x");
  for (const auto& request : {nobody, weak, no_certificate}) {
    grpc::ClientContext context;
    const auto stream = AdminOf(harness)->ExportMethods(&context, request);
    v1::ExportMethodsResponse response;
    EXPECT_FALSE(stream->Read(&response));
    EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  }
}

TEST_P(PortableTest, T30_ACallerImportsAndExportsItsTenantsAlone) {
  RpcHarness harness(GetParam(), OpenLimits());
  absl::StatusOr<std::unique_ptr<const Policy>> policy = Policy::Parse(
      R"({"callers": [{"name": "acme", "identities": ["dns:acme"], "roles": ["admin"], "tenants": ["acme"]}]})");
  ASSERT_TRUE(policy.ok());
  const AccessControl access{std::shared_ptr<const Policy>(*std::move(policy))};
  RpcServerSettings settings;
  settings.listen = "127.0.0.1:0";
  settings.caller_header = "x-forwarded-client-cert";
  const auto server = harness.StartAnother(settings, access);
  const auto acme =
      v1::AdminService::NewStub(grpc::CreateChannel(server->address(), grpc::InsecureChannelCredentials()));
  std::vector<v1::PortableMethod> methods = {Portable("ann", TotpUri()), Portable("ann", TotpUri())};
  methods[0].set_tenant("acme");
  v1::ImportMethodsResponse response;
  ASSERT_TRUE(Import(*AdminOf(harness), methods, response).ok());
  // The same as acme, with the identity in the header.
  grpc::ClientContext importing;
  importing.AddMetadata("x-forwarded-client-cert", "DNS=acme");
  response.Clear();
  const auto stream = acme->ImportMethods(&importing, &response);
  v1::ImportMethodsRequest request;
  for (const v1::PortableMethod& method : methods) *request.add_methods() = method;
  stream->Write(request);
  stream->WritesDone();
  ASSERT_TRUE(stream->Finish().ok());
  EXPECT_EQ(response.results(0).outcome(), v1::IMPORT_OUTCOME_UNCHANGED);
  EXPECT_EQ(response.results(1).reason(), v1::CALLER_NOT_ALLOWED);
  const auto exported = [&](const std::vector<std::string>& tenants, grpc::Status& status) {
    grpc::ClientContext context;
    context.AddMetadata("x-forwarded-client-cert", "DNS=acme");
    v1::ExportMethodsRequest wanted;
    wanted.set_password(kPassword);
    for (const std::string& tenant : tenants) wanted.add_tenants(tenant);
    const auto reader = acme->ExportMethods(&context, wanted);
    v1::ExportMethodsResponse last;
    while (reader->Read(&last)) continue;
    status = reader->Finish();
    return last.method_count();
  };
  grpc::Status status;
  EXPECT_EQ(exported({}, status), 1);
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(exported({""}, status), 0);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
}

// Streams are few, so that idle ones do not keep logins out.
TEST_P(PortableTest, T45_IdleStreamsKeepNoLoginOut) {
  RpcHarness harness("memory:", OpenLimits(), nullptr, 64);
  const auto admin = AdminOf(harness);
  struct Idle {
    grpc::ClientContext context;
    v1::ImportMethodsResponse response;
    std::unique_ptr<grpc::ClientWriter<v1::ImportMethodsRequest>> writer;
  };
  std::vector<std::unique_ptr<Idle>> idle;
  for (int i = 0; i < 100; ++i) {
    idle.push_back(std::make_unique<Idle>());
    idle.back()->writer = admin->ImportMethods(&idle.back()->context, &idle.back()->response);
  }
  auto request = User(harness.inside(), "ann").About<v1::VerifyRequest>();
  request.set_code("123456");
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(harness.Verify(request).error_code(), grpc::StatusCode::PERMISSION_DENIED);
  }
  for (const auto& one : idle) one->context.TryCancel();
}

TEST_P(PortableTest, EachImportedMethodHasAnEvent) {
  RpcHarness harness(GetParam(), OpenLimits());
  v1::ImportMethodsResponse response;
  ASSERT_TRUE(Import(*AdminOf(harness), {Portable("ann", TotpUri()), Portable("bob", "x")}, response).ok());
  harness.server().Shutdown(absl::ZeroDuration());
  const std::string lines = harness.AuditLines();
  EXPECT_TRUE(absl::StrContains(lines, R"("user":"ann")")) << lines;
  EXPECT_TRUE(absl::StrContains(lines, R"("user":"bob")")) << lines;
  EXPECT_TRUE(absl::StrContains(lines, "INVALID_REQUEST")) << lines;
  EXPECT_FALSE(absl::StrContains(lines, kSecret));
}

}  // namespace
}  // namespace twofold
