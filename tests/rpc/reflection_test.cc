// What a server tells about itself, and what that may cost.

#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <thread>

#include "absl/time/clock.h"
#include "common/steady.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpc/reflection/v1/reflection.grpc.pb.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"
#include "server/rpc/health_server.h"
#include "tests/rpc/rpc_harness.h"

namespace twofold {
namespace {

namespace v1_reflection = grpc::reflection::v1;
namespace v1alpha_reflection = grpc::reflection::v1alpha;

std::shared_ptr<grpc::Channel> ChannelTo(const std::string& address) {
  return grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
}

// The answer of one version of the service, or an error of the call.
template <typename Service, typename Request, typename Response>
Response Ask(const std::shared_ptr<grpc::Channel>& channel, const Request& request, grpc::Status* ended) {
  const auto stub = Service::NewStub(channel);
  grpc::ClientContext context;
  const auto stream = stub->ServerReflectionInfo(&context);
  Response response;
  stream->Write(request);
  stream->Read(&response);
  stream->WritesDone();
  *ended = stream->Finish();
  return response;
}

template <typename Service, typename Request, typename Response>
void DescribesTheApi(const std::shared_ptr<grpc::Channel>& channel) {
  grpc::Status ended;
  Request list;
  list.set_list_services("");
  const Response listed = Ask<Service, Request, Response>(channel, list, &ended);
  EXPECT_TRUE(ended.ok()) << ended.error_message();
  std::set<std::string> names;
  for (const auto& service : listed.list_services_response().service()) names.insert(service.name());
  EXPECT_EQ(names, (std::set<std::string>{"twofold.v1.TwoFactorService", "twofold.v1.AdminService",
                                          "twofold.v1.PromptService", "twofold.v1.PromptPageService",
                                          "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
                                          "grpc.reflection.v1alpha.ServerReflection"}));
  // Every service is described, with all that its file needs.
  for (const std::string& name : names) {
    Request symbol;
    symbol.set_file_containing_symbol(name);
    const Response described = Ask<Service, Request, Response>(channel, symbol, &ended);
    std::set<std::string> files;
    std::set<std::string> imports;
    for (const std::string& bytes : described.file_descriptor_response().file_descriptor_proto()) {
      google::protobuf::FileDescriptorProto file;
      ASSERT_TRUE(file.ParseFromString(bytes));
      EXPECT_TRUE(files.insert(file.name()).second) << file.name() << " twice";
      imports.insert(file.dependency().begin(), file.dependency().end());
    }
    EXPECT_FALSE(files.empty()) << name;
    for (const std::string& import : imports) EXPECT_TRUE(files.contains(import)) << import;
  }
  Request file;
  file.set_file_by_filename("twofold/v1/method.proto");
  EXPECT_TRUE((Ask<Service, Request, Response>(channel, file, &ended).has_file_descriptor_response()));
  Request unknown;
  unknown.set_file_containing_symbol("twofold.v1.Nothing");
  EXPECT_EQ((Ask<Service, Request, Response>(channel, unknown, &ended).error_response().error_code()),
            grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ((Ask<Service, Request, Response>(channel, Request(), &ended).error_response().error_code()),
            grpc::StatusCode::INVALID_ARGUMENT);
}

void DescribesTheApiInBothVersions(const std::shared_ptr<grpc::Channel>& channel) {
  DescribesTheApi<v1_reflection::ServerReflection, v1_reflection::ServerReflectionRequest,
                  v1_reflection::ServerReflectionResponse>(channel);
  DescribesTheApi<v1alpha_reflection::ServerReflection, v1alpha_reflection::ServerReflectionRequest,
                  v1alpha_reflection::ServerReflectionResponse>(channel);
}

grpc::StatusCode CodeOfReflection(const std::string& address) {
  grpc::Status ended;
  Ask<v1_reflection::ServerReflection, v1_reflection::ServerReflectionRequest,
      v1_reflection::ServerReflectionResponse>(ChannelTo(address), {}, &ended);
  grpc::Status alpha;
  Ask<v1alpha_reflection::ServerReflection, v1alpha_reflection::ServerReflectionRequest,
      v1alpha_reflection::ServerReflectionResponse>(ChannelTo(address), {}, &alpha);
  EXPECT_EQ(ended.error_code(), alpha.error_code());
  return ended.error_code();
}

size_t ThreadsOfThisProcess() {
  size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) ++count;
  return count;
}

TEST(Reflection, DescribesEveryService) {
  RpcHarness harness("memory:");
  DescribesTheApiInBothVersions(harness.NewChannel());
}

TEST(Reflection, AStreamMayAskAgainAndAgain) {
  RpcHarness harness("memory:");
  const auto stub = v1_reflection::ServerReflection::NewStub(harness.NewChannel());
  grpc::ClientContext context;
  const auto stream = stub->ServerReflectionInfo(&context);
  for (const char* symbol : {"twofold.v1.TwoFactorService", "twofold.v1.Nothing", "twofold.v1.Method"}) {
    v1_reflection::ServerReflectionRequest request;
    request.set_file_containing_symbol(symbol);
    v1_reflection::ServerReflectionResponse response;
    ASSERT_TRUE(stream->Write(request));
    ASSERT_TRUE(stream->Read(&response)) << symbol;
    EXPECT_EQ(response.original_request().file_containing_symbol(), symbol);
  }
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
}

TEST(Reflection, IsServedByThePortThatHasItAndByNoOtherOfTheProcess) {
  // The first server has it on.
  RpcHarness harness("memory:");
  RpcServerSettings settings;
  settings.listen = "127.0.0.1:0";
  settings.reflection = false;
  const auto without = harness.StartAnother(settings);
  const auto health = StartHealthServer("127.0.0.1:0");
  ASSERT_TRUE(health.ok());
  EXPECT_EQ(CodeOfReflection(harness.server().address()), grpc::StatusCode::OK);
  EXPECT_EQ(CodeOfReflection(without->address()), grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_EQ(CodeOfReflection((*health)->address()), grpc::StatusCode::UNIMPLEMENTED);
}

TEST(Reflection, L5_AStreamEndsAfterItsLifetime) {
  RpcHarness harness("memory:");
  RpcServerSettings settings;
  settings.listen = "127.0.0.1:0";
  settings.reflection_bounds.lifetime = absl::Milliseconds(50);
  const auto brief = harness.StartAnother(settings);
  const auto stub = v1_reflection::ServerReflection::NewStub(ChannelTo(brief->address()));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(1));
  const auto stream = stub->ServerReflectionInfo(&context);
  v1_reflection::ServerReflectionResponse response;
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST(RequestThreads, OneThatHangsIsNoticed) {
  RpcHarness harness("memory:");
  SteadyEvent hangs;
  SteadyEvent go_on;
  RpcServerSettings settings;
  settings.listen = "127.0.0.1:0";
  settings.threads = 2;
  settings.ready = [&] {
    hangs.Set();
    return go_on.WaitFor(absl::Seconds(20));
  };
  const auto server = harness.StartAnother(settings);
  server->SetServing(true);
  EXPECT_TRUE(server->Answers(absl::Seconds(20)));
  std::thread caller([&] {
    grpc::ClientContext context;
    grpc::health::v1::HealthCheckResponse response;
    const auto stub = grpc::health::v1::Health::NewStub(ChannelTo(server->address()));
    EXPECT_TRUE(stub->Check(&context, {}, &response).ok());
  });
  EXPECT_TRUE(hangs.WaitFor(absl::Seconds(20)));
  EXPECT_FALSE(server->Answers(absl::Milliseconds(50)));
  go_on.Set();
  EXPECT_TRUE(server->Answers(absl::Seconds(20)));
  caller.join();
}

TEST(HealthPort, ServesHealthAlone) {
  const auto server = StartHealthServer("127.0.0.1:0");
  ASSERT_TRUE(server.ok());
  const auto channel = ChannelTo((*server)->address());
  {
    grpc::ClientContext context;
    grpc::health::v1::HealthCheckResponse response;
    EXPECT_TRUE(grpc::health::v1::Health::NewStub(channel)->Check(&context, {}, &response).ok());
  }
  grpc::ClientContext context;
  v1::ListMethodsRequest request;
  request.set_user_id("ann");
  v1::ListMethodsResponse response;
  EXPECT_EQ(v1::TwoFactorService::NewStub(channel)->ListMethods(&context, request, &response).error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
}

TEST(Reflection, L5_OpenStreamsCostNoThreadsAndAreBounded) {
  constexpr int kAllowed = 32;
  RpcHarness harness("memory:");
  const auto channel = harness.NewChannel();
  const auto stub = v1_reflection::ServerReflection::NewStub(channel);
  v1_reflection::ServerReflectionRequest list;
  list.set_list_services("");
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::ClientReaderWriter<v1_reflection::ServerReflectionRequest,
                                                       v1_reflection::ServerReflectionResponse>>>
      streams;
  v1_reflection::ServerReflectionResponse response;
  size_t threads = 0;
  for (int i = 0; i < kAllowed; ++i) {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    streams.push_back(stub->ServerReflectionInfo(contexts.back().get()));
    ASSERT_TRUE(streams.back()->Write(list));
    ASSERT_TRUE(streams.back()->Read(&response)) << i;
    if (i == 0) threads = ThreadsOfThisProcess();
  }
  EXPECT_LE(ThreadsOfThisProcess(), threads + 1);
  grpc::ClientContext context;
  const auto one_more = stub->ServerReflectionInfo(&context);
  EXPECT_FALSE(one_more->Read(&response));
  EXPECT_EQ(one_more->Finish().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  // Others are served meanwhile, and the end is not held up.
  v1::VerifyRequest verify;
  verify.set_user_id("nobody");
  verify.set_code("123456");
  EXPECT_EQ(harness.Verify(verify).error_code(), grpc::StatusCode::PERMISSION_DENIED);
  const absl::Time begin = absl::Now();
  harness.server().Shutdown(absl::Seconds(60));
  EXPECT_LT(absl::Now() - begin, absl::Seconds(30));
  for (size_t i = 0; i < streams.size(); ++i) {
    contexts[i]->TryCancel();
    streams[i]->Finish();
  }
}

TEST(Health, L5_WatchersAreBounded) {
  constexpr int kAllowed = 256;
  const auto server = StartHealthServer("127.0.0.1:0");
  ASSERT_TRUE(server.ok());
  std::vector<std::unique_ptr<grpc::health::v1::Health::Stub>> stubs;
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::ClientReader<grpc::health::v1::HealthCheckResponse>>> watches;
  grpc::health::v1::HealthCheckResponse told;
  for (int i = 0; i <= kAllowed; ++i) {
    // A few connections, since one holds a limited number of streams.
    if (i % 64 == 0) {
      grpc::ChannelArguments arguments;
      arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
      stubs.push_back(grpc::health::v1::Health::NewStub(
          grpc::CreateCustomChannel((*server)->address(), grpc::InsecureChannelCredentials(), arguments)));
    }
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    watches.push_back(stubs.back()->Watch(contexts.back().get(), {}));
    ASSERT_EQ(watches.back()->Read(&told), i < kAllowed) << i;
  }
  EXPECT_EQ(watches.back()->Finish().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  for (size_t i = 0; i < kAllowed; ++i) {
    contexts[i]->TryCancel();
    watches[i]->Finish();
  }
}

}  // namespace
}  // namespace twofold
