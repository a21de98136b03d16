// Who may call what, through real TLS.

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "server/access/caller_files.h"
#include "server/rpc/library_logs.h"
#include "server/rpc/method_table.h"
#include "tests/harness/await.h"
#include "tests/harness/capture_stderr.h"
#include "tests/harness/certificates.h"
#include "tests/harness/user.h"
#include "tests/rpc/rpc_harness.h"
#include "twofold/v1/prompt_service.grpc.pb.h"

namespace twofold {
namespace {

constexpr char kPolicy[] = R"({"callers": [
  {"name": "login", "identities": ["uri:spiffe://test/login"], "roles": ["verify"], "tenants": ["*"]},
  {"name": "portal", "identities": ["dns:portal.test"], "roles": ["manage"], "tenants": ["*"]},
  {"name": "root", "identities": ["email:root@test"], "roles": ["admin"], "tenants": ["*"]},
  {"name": "desk", "identities": ["uri:spiffe://test/desk"], "roles": ["support"], "tenants": ["*"]},
  {"name": "later", "identities": ["uri:spiffe://test/later"], "roles": ["deliver", "prompt"], "tenants": ["*"]},
  {"name": "acme", "identities": ["uri:spiffe://test/acme"],
   "roles": ["verify", "manage", "admin"], "tenants": ["acme"]}
]})";

// The roles that may call each RPC, written down a second time on purpose.
const std::map<std::string, std::set<std::string>>& AllowedCallers() {
  static const auto& allowed = *new std::map<std::string, std::set<std::string>>{
      {"Enroll", {"portal", "acme"}},
      {"ConfirmEnrollment", {"portal", "acme"}},
      // For a login. T33_AChallengeOrAPromptNeedsTheRoleOfItsUse has the other use.
      {"StartChallenge", {"login", "acme"}},
      {"Verify", {"login", "acme"}},
      {"ListMethods", {"login", "acme"}},
      {"RotateBackupCodes", {"portal", "acme"}},
      {"UpdateMethod", {"portal", "acme"}},
      {"DeleteMethod", {"portal", "acme"}},
      {"DeleteBackupCodes", {"portal", "acme"}},
      {"ResyncMethod", {"login", "acme"}},
      {"CheckGrant", {"login", "acme"}},
      {"RevokeGrants", {"portal", "acme"}},
      {"CreatePrompt", {"portal", "acme"}},
      {"RedeemPrompt", {"login", "portal", "acme"}},
      {"CancelPrompt", {"login", "portal", "acme"}},
      {"OpenPrompt", {"later"}},
      {"GetPrompt", {"later"}},
      {"ActOnPrompt", {"later"}},
      {"UnlockSubject", {"root", "desk", "acme"}},
      {"ResetSubject", {"root", "acme"}},
      {"ImportMethods", {"root", "acme"}},
      {"ExportMethods", {"root", "acme"}},
      // Acme's administrator may not touch other tenants.
      {"RewrapSecrets", {"root"}},
  };
  return allowed;
}

std::string Read(const std::string& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::string ReasonOf(const grpc::Status& status) {
  google::rpc::Status details;
  google::rpc::ErrorInfo info;
  if (!details.ParseFromString(status.error_details())) return "";
  for (const auto& any : details.details()) {
    if (any.UnpackTo(&info)) return info.reason();
  }
  return "";
}

class Callers : public ::testing::Test {
 protected:
  Callers() : harness_("memory:", OpenLimits()) {
    const auto server = authority_.Issue("server", {"DNS:localhost", "IP:127.0.0.1"});
    paths_ = {server.certificate, server.key, authority_.certificate()};
    std::ofstream(policy_path()) << kPolicy;
    files_.emplace(paths_, policy_path(), SystemClock());
    EXPECT_TRUE(files_->Load().ok());
    RpcServerSettings settings;
    settings.listen = "127.0.0.1:0";
    settings.tls = files_->tls();
    server_ = harness_.StartAnother(settings, files_->access());
  }

  std::string policy_path() const { return authority_.File("policy.json"); }

  // The certificate of a caller of the policy.
  const TestAuthority::Pair& PairOf(const std::string& name) {
    static const std::map<std::string, std::string> identities = {{"login", "URI:spiffe://test/login"},
                                                                  {"portal", "DNS:portal.test"},
                                                                  {"root", "email:root@test"},
                                                                  {"desk", "URI:spiffe://test/desk"},
                                                                  {"later", "URI:spiffe://test/later"},
                                                                  {"acme", "URI:spiffe://test/acme"},
                                                                  {"stranger", "URI:spiffe://test/stranger"}};
    auto& pair = pairs_[name];
    if (pair.key.empty()) pair = authority_.Issue(name, {identities.at(name)});
    return pair;
  }

  std::shared_ptr<grpc::Channel> ChannelWith(const std::string& ca, const TestAuthority::Pair& pair) const {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = Read(ca);
    if (!pair.certificate.empty()) options.pem_cert_chain = Read(pair.certificate);
    if (!pair.key.empty()) options.pem_private_key = Read(pair.key);
    // Each channel has connections of its own.
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(server_->address(), grpc::SslCredentials(options), arguments);
  }

  std::shared_ptr<grpc::Channel> ChannelOf(const std::string& caller) {
    return ChannelWith(authority_.certificate(), PairOf(caller));
  }

  static grpc::Status Verify(const std::shared_ptr<grpc::Channel>& channel, const std::string& tenant = "",
                             const std::map<std::string, std::string>& headers = {}) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    for (const auto& [name, value] : headers) context.AddMetadata(name, value);
    v1::VerifyRequest request;
    request.set_user_id("ann");
    request.set_tenant(tenant);
    request.set_code("123456");
    v1::VerifyResponse response;
    return v1::TwoFactorService::NewStub(channel)->Verify(&context, request, &response);
  }

  RpcHarness harness_;
  TestAuthority authority_;
  TlsPaths paths_;
  std::optional<CallerFiles> files_;
  std::unique_ptr<RpcServer> server_;
  std::map<std::string, TestAuthority::Pair> pairs_;
};

// Calls an RPC with an empty request, which is malformed for all who may call it.
grpc::Status CallEmpty(const std::shared_ptr<grpc::Channel>& channel, const char* path) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  grpc::CompletionQueue queue;
  const grpc::Slice nothing;
  const grpc::ByteBuffer request(&nothing, 1);
  grpc::ByteBuffer response;
  grpc::Status status;
  auto call = stub.PrepareUnaryCall(&context, path, request, &queue);
  call->StartCall();
  call->Finish(&response, &status, &status);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  return status;
}

TEST_F(Callers, T33_EveryIdentityMayCallWhatItsRolesSayAndNothingElse) {
  for (const char* const caller : {"login", "portal", "root", "desk", "later", "acme", "stranger"}) {
    const auto channel = ChannelOf(caller);
    for (const Method& method : MethodTable()) {
      const std::string name(method.name);
      ASSERT_TRUE(AllowedCallers().contains(name)) << name << " has no row in this test";
      const grpc::Status status = CallEmpty(channel, method.path);
      const std::string reason = ReasonOf(status);
      const std::string row = absl::StrCat(caller, " calls ", name, ": ", status.error_message());
      if (std::string(caller) == "stranger") {
        EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED) << row;
        EXPECT_EQ(reason, "CALLER_UNKNOWN") << row;
      } else if (!AllowedCallers().at(name).contains(caller)) {
        EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED) << row;
        EXPECT_EQ(reason, "CALLER_NOT_ALLOWED") << row;
      } else if (std::string(caller) != "acme") {
        EXPECT_NE(reason.substr(0, 7), "CALLER_") << row;
        EXPECT_NE(status.error_code(), grpc::StatusCode::UNAVAILABLE) << row;
      }
    }
  }
  EXPECT_EQ(MethodTable().size(), AllowedCallers().size());
}

TEST_F(Callers, T33_AChallengeOrAPromptNeedsTheRoleOfItsUse) {
  const auto reasons = [&](const std::string& caller, bool for_change) {
    grpc::ClientContext contexts[2];
    for (grpc::ClientContext& context : contexts) {
      context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    }
    v1::StartChallengeRequest start;
    start.set_user_id("ann");
    start.set_for_change(for_change);
    v1::StartChallengeResponse started;
    const auto two_factor = v1::TwoFactorService::NewStub(ChannelOf(caller));
    const grpc::Status challenge = two_factor->StartChallenge(&contexts[0], start, &started);
    v1::CreatePromptRequest create;
    create.set_user_id("ann");
    create.set_purpose(for_change ? v1::PROMPT_PURPOSE_MANAGE : v1::PROMPT_PURPOSE_SIGN_IN);
    v1::CreatePromptResponse created;
    const auto prompts = v1::PromptService::NewStub(ChannelOf(caller));
    return std::pair(ReasonOf(challenge), ReasonOf(prompts->CreatePrompt(&contexts[1], create, &created)));
  };
  // The prompt is asked for without a return URL.
  const std::pair<std::string, std::string> allowed("METHOD_NOT_FOUND", "RETURN_URL_NOT_ALLOWED");
  const std::pair<std::string, std::string> refused("CALLER_NOT_ALLOWED", "CALLER_NOT_ALLOWED");
  EXPECT_EQ(reasons("login", false), allowed);
  EXPECT_EQ(reasons("login", true), refused);
  EXPECT_EQ(reasons("portal", true), allowed);
  EXPECT_EQ(reasons("portal", false), refused);
}

TEST_F(Callers, T30_ACallerReachesItsTenantsAlone) {
  const auto acme = ChannelOf("acme");
  EXPECT_EQ(ReasonOf(Verify(acme, "acme")), "CODE_REJECTED");
  for (const char* const other : {"", "Acme", "acme ", "*", "other"}) {
    EXPECT_EQ(ReasonOf(Verify(acme, other)), "CALLER_NOT_ALLOWED") << other;
  }
  EXPECT_EQ(ReasonOf(Verify(ChannelOf("login"), "other")), "CODE_REJECTED");
}

TEST_F(Callers, NobodyGetsInWithoutACertificateThatIsValidAndOfTheClientCa) {
  EXPECT_EQ(ReasonOf(Verify(ChannelOf("login"))), "CODE_REJECTED");
  const std::string ca = authority_.certificate();
  TestAuthority other;
  const auto foreign = other.Issue("login", {"URI:spiffe://test/login"});
  const auto expired = authority_.Issue("expired", {"URI:spiffe://test/login"}, -1);
  const auto for_servers = authority_.Issue("wrong", {"URI:spiffe://test/login"}, 1, "serverAuth");
  const struct {
    const char* what;
    std::shared_ptr<grpc::Channel> channel;
  } cases[] = {
      {"no certificate", ChannelWith(ca, {})},
      {"another CA's certificate", ChannelWith(ca, foreign)},
      {"an expired certificate", ChannelWith(ca, expired)},
      {"a server's certificate", ChannelWith(ca, for_servers)},
      {"a server of another CA", ChannelWith(other.certificate(), PairOf("login"))},
      {"plain text", grpc::CreateChannel(server_->address(), grpc::InsecureChannelCredentials())},
  };
  for (const auto& one : cases) {
    const grpc::Status status = Verify(one.channel);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE) << one.what << status.error_message();
    EXPECT_EQ(ReasonOf(status), "") << one.what;
  }
  EXPECT_EQ(ReasonOf(Verify(ChannelOf("login"))), "CODE_REJECTED");
}

// A session that is resumed shows no certificate.
TEST_F(Callers, ACertificateIsAskedForAgainSoon) {
  RpcServerSettings settings;
  settings.listen = "127.0.0.1:0";
  settings.tls = files_->tls();
  const auto resumes = [&](absl::Duration life) {
    settings.tls_session_life = life;
    const auto server = harness_.StartAnother(settings, files_->access());
    const std::string session = authority_.File("session");
    const auto client = [&](const std::string& flag) {
      return RunTool({"openssl", "s_client", "-connect", server->address(), "-CAfile",
                      authority_.certificate(), "-cert", PairOf("login").certificate, "-key",
                      PairOf("login").key, "-alpn", "h2", "-tls1_2", flag, session})
          .out;
    };
    client("-sess_out");
    return absl::StrContains(client("-sess_in"), "Reused, TLSv1.2");
  };
  EXPECT_TRUE(resumes(absl::Hours(1)));
  EXPECT_FALSE(resumes(absl::ZeroDuration()));
}

TEST_F(Callers, ServersWithoutAClientCaAskForNoCertificate) {
  CallerFiles files(TlsPaths{paths_.certificate, paths_.key, ""}, "", SystemClock());
  ASSERT_TRUE(files.Load().ok());
  RpcServerSettings settings;
  settings.listen = "127.0.0.1:0";
  settings.tls = files.tls();
  const auto server = harness_.StartAnother(settings, files.access());
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = Read(authority_.certificate());
  EXPECT_EQ(ReasonOf(Verify(grpc::CreateChannel(server->address(), grpc::SslCredentials(options)))),
            "CODE_REJECTED");
}

TEST_F(Callers, HandshakesThatFailDoNotFillTheLog) {
  RouteLibraryLogs();
  CaptureStderr stderr_text;
  for (int i = 0; i < 60; ++i) {
    RunTool({"openssl", "s_client", "-connect", server_->address(), "-alpn", "h2", "-tls1_1", "-cipher",
             "ALL:@SECLEVEL=0"});
  }
  const std::string text = stderr_text.Stop();
  size_t lines = 0;
  for (size_t at = text.find("gRPC:"); at != std::string::npos; at = text.find("gRPC:", at + 1)) ++lines;
  EXPECT_GT(lines, 0U);
  EXPECT_LE(lines, 41U);
}

TEST_F(Callers, OldVersionsOfTlsAreRefused) {
  const auto client = [this](const std::string& version) {
    return RunTool({"openssl", "s_client", "-connect", server_->address(), "-CAfile",
                    authority_.certificate(), "-cert", PairOf("login").certificate, "-key",
                    PairOf("login").key, "-alpn", "h2", "-cipher", "ALL:@SECLEVEL=0", version})
        .out;
  };
  for (const char* const version : {"-tls1_2", "-tls1_3"}) {
    EXPECT_TRUE(absl::StrContains(client(version), "Verify return code: 0 (ok)")) << version;
  }
  for (const char* const version : {"-tls1", "-tls1_1"}) {
    EXPECT_TRUE(absl::StrContains(client(version), "no peer certificate available")) << version;
  }
}

// The callers that can change a second factor still need the user's proof for it.
TEST_F(Callers, T33_NoRoleRemovesASecondFactorWithoutProof) {
  User ann(harness_.inside(), "ann");
  const App app = ann.Enroll();
  grpc::ClientContext deleting;
  auto request = ann.About<v1::DeleteMethodRequest>();
  request.set_method_id(app.method_id());
  v1::DeleteMethodResponse response;
  const auto portal = v1::TwoFactorService::NewStub(ChannelOf("portal"));
  EXPECT_EQ(ReasonOf(portal->DeleteMethod(&deleting, request, &response)), "PROOF_REQUIRED");
  grpc::ClientContext enrolling;
  v1::EnrollResponse enrolled;
  EXPECT_EQ(ReasonOf(portal->Enroll(&enrolling, ann.About<v1::EnrollRequest>(), &enrolled)),
            "PROOF_REQUIRED");
  grpc::ClientContext resetting;
  v1::ResetSubjectResponse reset;
  const auto desk = v1::AdminService::NewStub(ChannelOf("desk"));
  EXPECT_EQ(ReasonOf(desk->ResetSubject(&resetting, ann.About<v1::ResetSubjectRequest>(), &reset)),
            "CALLER_NOT_ALLOWED");
  EXPECT_TRUE(ann.List()->second_factor_required());
}

TEST_F(Callers, T39_ASecretOfAnotherUserLogsNoCallerIn) {
  User ann(harness_.inside(), "ann");
  User bob(harness_.inside(), "bob");
  ann.Enroll();
  const App bobs = bob.Enroll();
  Storage& storage = harness_.inside().storage();
  const std::string key = SubjectKey("", "ann");
  const absl::StatusOr<VersionedBytes> there = SyncWait(storage.Get(key));
  const absl::StatusOr<VersionedBytes> of_bob = SyncWait(storage.Get(SubjectKey("", "bob")));
  ASSERT_TRUE(there.ok() && of_bob.ok());
  ASSERT_TRUE(SyncWait(storage.Put(key, of_bob->bytes, there->version, there->version + 1)).ok());
  grpc::ClientContext context;
  auto request = ann.About<v1::VerifyRequest>();
  request.set_code(bobs.CodeAt(harness_.inside().clock().Now()));
  v1::VerifyResponse response;
  const auto login = v1::TwoFactorService::NewStub(ChannelOf("login"));
  EXPECT_EQ(ReasonOf(login->Verify(&context, request, &response)), "RECORD_CORRUPT");
}

// An answer is repeated for its own caller alone.
TEST_F(Callers, T30_RequestIdsBelongToTheirCaller) {
  User ann(harness_.inside(), "ann", "acme");
  const App app = ann.Enroll();
  auto request = ann.About<v1::VerifyRequest>();
  request.set_code(app.CodeAt(harness_.inside().clock().Now()));
  request.set_request_id(NewRequestId());
  const auto verify = [&](const std::string& caller) {
    grpc::ClientContext context;
    v1::VerifyResponse response;
    return v1::TwoFactorService::NewStub(ChannelOf(caller))->Verify(&context, request, &response);
  };
  EXPECT_TRUE(verify("login").ok());
  EXPECT_TRUE(verify("login").ok());
  EXPECT_EQ(ReasonOf(verify("acme")), "INVALID_REQUEST");
}

TEST_F(Callers, AHeaderNamesNobodyWhereTheServerDoesNotAskForIt) {
  const grpc::Status status =
      Verify(ChannelOf("desk"), "", {{"x-forwarded-client-cert", "URI=spiffe://test/login"}});
  EXPECT_EQ(ReasonOf(status), "CALLER_UNKNOWN");
}

TEST_F(Callers, BehindAProxyTheHeaderAloneNamesTheCaller) {
  RpcServerSettings settings;
  settings.listen = "127.0.0.1:0";
  settings.caller_header = "x-forwarded-client-cert";
  const auto server = harness_.StartAnother(settings, files_->access());
  const auto channel = grpc::CreateChannel(server->address(), grpc::InsecureChannelCredentials());
  const auto reason = [&channel](const std::string& value) {
    return ReasonOf(Verify(channel, "", {{"x-forwarded-client-cert", value}}));
  };
  EXPECT_EQ(reason("Hash=ab;Subject=\"\";URI=spiffe://test/login"), "CODE_REJECTED");
  EXPECT_EQ(reason("URI=spiffe://test/desk"), "CALLER_NOT_ALLOWED");
  for (const char* const nobody :
       {"", "URI=spiffe://test/stranger", "URI=spiffe://test/login,URI=spiffe://test/desk",
        "URI=spiffe://test/login;URI=spiffe://test/desk", "URI=spiffe://test/x;URI=spiffe://test/login",
        "Subject=\"URI=spiffe://test/login\"", "x"}) {
    EXPECT_EQ(reason(nobody), "CALLER_UNKNOWN") << nobody;
  }
  EXPECT_EQ(ReasonOf(Verify(channel)), "CALLER_UNKNOWN");
}

TEST_F(Callers, EventsNameTheCaller) {
  Verify(ChannelOf("login"));
  Verify(ChannelOf("desk"));
  Verify(ChannelOf("stranger"));
  server_.reset();
  const std::string lines = harness_.AuditLines();
  EXPECT_TRUE(absl::StrContains(lines, R"("outcome":"CODE_REJECTED")")) << lines;
  EXPECT_TRUE(absl::StrContains(lines, R"("caller":"login")")) << lines;
  EXPECT_TRUE(absl::StrContains(lines, R"("caller":"desk")")) << lines;
  EXPECT_TRUE(absl::StrContains(lines, R"("caller":"uri:spiffe://test/stranger")")) << lines;
}

TEST_F(Callers, L9_ReplacedCertificatesAndPoliciesHoldForTheNextCall) {
  const auto old_login = ChannelOf("login");
  EXPECT_EQ(ReasonOf(Verify(old_login)), "CODE_REJECTED");
  const auto reloader = NewReloader(absl::Milliseconds(10));
  files_->ReloadWith(*reloader);
  // A call on a connection that exists, too.
  std::string policy = kPolicy;
  policy.replace(policy.find("[\"verify\"]"), 10, "[\"manage\"]");
  std::ofstream(policy_path()) << policy;
  EXPECT_TRUE(Await(absl::Seconds(20), [&] { return ReasonOf(Verify(old_login)) == "CALLER_NOT_ALLOWED"; }));
  // A new server certificate and a new client CA, one file after the other.
  TestAuthority next;
  const auto server = next.Issue("server", {"DNS:localhost", "IP:127.0.0.1"});
  const auto login = next.Issue("login", {"DNS:portal.test"});
  std::filesystem::copy_file(server.certificate, paths_.certificate,
                             std::filesystem::copy_options::overwrite_existing);
  std::filesystem::copy_file(next.certificate(), paths_.client_ca,
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_TRUE(Await(absl::Seconds(20), [&] { return !reloader->AllSucceeded(); }));
  std::filesystem::copy_file(server.key, paths_.key, std::filesystem::copy_options::overwrite_existing);
  EXPECT_TRUE(Await(absl::Seconds(20), [&] {
    return ReasonOf(Verify(ChannelWith(next.certificate(), login))) == "CALLER_NOT_ALLOWED";
  }));
  EXPECT_TRUE(reloader->AllSucceeded());
  // The connection of before goes on.
  EXPECT_EQ(ReasonOf(Verify(old_login)), "CALLER_NOT_ALLOWED");
}

// Calls on one connection and on ever new ones, while files are replaced in every order.
TEST_F(Callers, L9_ReplacingFilesUnderLoadFailsNoCall) {
  const auto reloader = NewReloader(absl::Milliseconds(10));
  files_->ReloadWith(*reloader);
  std::atomic<bool> stopping{false};
  std::atomic<int> calls{0};
  std::atomic<int> failed{0};
  const auto login = PairOf("login");
  const auto call = [&](const std::shared_ptr<grpc::Channel>& channel) {
    ++calls;
    const grpc::Status status = Verify(channel);
    if (ReasonOf(status) == "CODE_REJECTED") return;
    ++failed;
    ADD_FAILURE() << status.error_code() << " " << status.error_message();
  };
  const auto kept = ChannelWith(authority_.certificate(), login);
  std::thread on_one([&] {
    while (!stopping) call(kept);
  });
  std::thread on_new([&] {
    while (!stopping) call(ChannelWith(authority_.certificate(), login));
  });
  const auto replace = [](const std::string& from, const std::string& to) {
    std::filesystem::copy_file(from, to + ".new", std::filesystem::copy_options::overwrite_existing);
    std::filesystem::rename(to + ".new", to);
  };
  const auto await_calls = [&calls](int more) {
    const int goal = calls + more;
    EXPECT_TRUE(Await(absl::Seconds(60), [&] { return calls >= goal; }));
  };
  for (int round = 0; round < 6; ++round) {
    const auto server = authority_.Issue(absl::StrCat("server", round), {"DNS:localhost", "IP:127.0.0.1"});
    const bool key_first = round % 2 == 0;
    replace(key_first ? server.key : server.certificate, key_first ? paths_.key : paths_.certificate);
    await_calls(20);
    replace(key_first ? server.certificate : server.key, key_first ? paths_.certificate : paths_.key);
    // Half a file is refused, and the old policy stays.
    std::ofstream(policy_path()) << std::string(kPolicy).substr(0, 100);
    await_calls(20);
    std::ofstream(policy_path()) << kPolicy << std::string(static_cast<size_t>(round), ' ');
    await_calls(20);
  }
  EXPECT_TRUE(Await(absl::Seconds(20), [&] { return reloader->AllSucceeded(); }));
  stopping = true;
  on_one.join();
  on_new.join();
  EXPECT_EQ(failed, 0) << "of " << calls;
}

}  // namespace
}  // namespace twofold
