#include "tests/harness/scripted_server.h"

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/support/error_details.h>

#include <chrono>
#include <deque>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "twofold/v1/admin_service.grpc.pb.h"
#include "twofold/v1/prompt_service.grpc.pb.h"
#include "twofold/v1/two_factor_service.grpc.pb.h"

namespace twofold {
namespace {

using google::protobuf::Message;

class Script {
 public:
  grpc::Status Handle(const grpc::ServerContext& context, const Message& request, Message* response) {
    const absl::MutexLock lock(&mutex_);
    requests_[std::string(request.GetDescriptor()->full_name())].push_back(request.SerializeAsString());
    while (stalled_ && !context.IsCancelled())
      mutex_.AwaitWithTimeout(absl::Condition(&never_), absl::Milliseconds(5));
    if (!refusals_.empty()) {
      const grpc::Status refusal = refusals_.front();
      refusals_.pop_front();
      return refusal;
    }
    const auto answer = answers_.find(std::string(response->GetDescriptor()->full_name()));
    if (answer != answers_.end()) response->ParseFromString(answer->second);
    return grpc::Status::OK;
  }

  void Answer(const Message& response) {
    const absl::MutexLock lock(&mutex_);
    answers_[std::string(response.GetDescriptor()->full_name())] = response.SerializeAsString();
  }

  void RefuseNext(const grpc::Status& status) {
    const absl::MutexLock lock(&mutex_);
    refusals_.push_back(status);
  }

  void Stall() {
    const absl::MutexLock lock(&mutex_);
    stalled_ = true;
  }

  std::vector<std::string> Recorded(const std::string& type) {
    const absl::MutexLock lock(&mutex_);
    return requests_[type];
  }

 private:
  absl::Mutex mutex_;
  std::map<std::string, std::vector<std::string>> requests_;
  std::map<std::string, std::string> answers_;
  std::deque<grpc::Status> refusals_;
  bool stalled_ = false;
  bool never_ = false;
};

#define TWOFOLD_SCRIPTED_RPC(Rpc)                                                 \
  grpc::Status Rpc(grpc::ServerContext* context, const v1::Rpc##Request* request, \
                   v1::Rpc##Response* response) final {                           \
    return script_.Handle(*context, *request, response);                          \
  }

class TwoFactor final : public v1::TwoFactorService::Service {
 public:
  explicit TwoFactor(Script& script) : script_(script) {}
  TWOFOLD_SCRIPTED_RPC(Enroll)
  TWOFOLD_SCRIPTED_RPC(ConfirmEnrollment)
  TWOFOLD_SCRIPTED_RPC(StartChallenge)
  TWOFOLD_SCRIPTED_RPC(Verify)
  TWOFOLD_SCRIPTED_RPC(ListMethods)
  TWOFOLD_SCRIPTED_RPC(CheckGrant)
  TWOFOLD_SCRIPTED_RPC(RevokeGrants)
  TWOFOLD_SCRIPTED_RPC(RotateBackupCodes)
  TWOFOLD_SCRIPTED_RPC(UpdateMethod)
  TWOFOLD_SCRIPTED_RPC(DeleteMethod)
  TWOFOLD_SCRIPTED_RPC(DeleteBackupCodes)
  TWOFOLD_SCRIPTED_RPC(ResyncMethod)

 private:
  Script& script_;
};

class Prompts final : public v1::PromptService::Service {
 public:
  explicit Prompts(Script& script) : script_(script) {}
  TWOFOLD_SCRIPTED_RPC(CreatePrompt)
  TWOFOLD_SCRIPTED_RPC(RedeemPrompt)
  TWOFOLD_SCRIPTED_RPC(CancelPrompt)

 private:
  Script& script_;
};

class Admin final : public v1::AdminService::Service {
 public:
  explicit Admin(Script& script) : script_(script) {}
  TWOFOLD_SCRIPTED_RPC(UnlockSubject)
  TWOFOLD_SCRIPTED_RPC(ResetSubject)
  // Records the messages of a stream as one. Without another answer all methods are imported.
  grpc::Status ImportMethods(grpc::ServerContext* context,
                             grpc::ServerReader<v1::ImportMethodsRequest>* reader,
                             v1::ImportMethodsResponse* response) final {
    v1::ImportMethodsRequest whole;
    for (v1::ImportMethodsRequest message; reader->Read(&message);) whole.MergeFrom(message);
    grpc::Status status = script_.Handle(*context, whole, response);
    if (!status.ok() || response->results_size() > 0) return status;
    for (int i = 0; i < whole.methods_size(); ++i) {
      response->add_results()->set_index(i);
      response->mutable_results(i)->set_outcome(v1::IMPORT_OUTCOME_IMPORTED);
    }
    return status;
  }

  grpc::Status RewrapSecrets(grpc::ServerContext* context, const v1::RewrapSecretsRequest* request,
                             grpc::ServerWriter<v1::RewrapSecretsResponse>* writer) final {
    v1::RewrapSecretsResponse response;
    grpc::Status status = script_.Handle(*context, *request, &response);
    if (status.ok()) writer->Write(response);
    return status;
  }

 private:
  Script& script_;
};

#undef TWOFOLD_SCRIPTED_RPC

}  // namespace

grpc::Status MakeStatus(const CallError& error) {
  google::rpc::Status rich;
  rich.set_code(error.code);
  rich.set_message(error.message);
  if (!error.reason.empty()) {
    google::rpc::ErrorInfo info;
    info.set_domain("twofold");
    info.set_reason(error.reason);
    if (!error.id.empty()) (*info.mutable_metadata())["id"] = error.id;
    rich.add_details()->PackFrom(info);
  }
  if (error.retry_delay) {
    google::rpc::RetryInfo retry;
    retry.mutable_retry_delay()->set_seconds(absl::ToInt64Seconds(*error.retry_delay));
    retry.mutable_retry_delay()->set_nanos(
        static_cast<int32_t>(absl::ToInt64Nanoseconds(*error.retry_delay % absl::Seconds(1))));
    rich.add_details()->PackFrom(retry);
  }
  if (!error.field_violations.empty()) {
    google::rpc::BadRequest bad_request;
    for (const FieldViolation& violation : error.field_violations) {
      auto& entry = *bad_request.add_field_violations();
      entry.set_field(violation.field);
      entry.set_description(violation.description);
    }
    rich.add_details()->PackFrom(bad_request);
  }
  grpc::Status status;
  (void)grpc::SetErrorDetails(rich, &status);
  return status;
}

class ScriptedServer::Services {
 public:
  Services() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(&two_factor_);
    builder.RegisterService(&prompts_);
    builder.RegisterService(&admin_);
    server_ = builder.BuildAndStart();
  }
  ~Services() { server_->Shutdown(std::chrono::system_clock::now()); }

  int port() const { return port_; }
  Script& script() { return script_; }

 private:
  int port_ = 0;
  Script script_;
  TwoFactor two_factor_{script_};
  Prompts prompts_{script_};
  Admin admin_{script_};
  std::unique_ptr<grpc::Server> server_;
};

ScriptedServer::ScriptedServer()
    : services_(std::make_unique<Services>()), address_(absl::StrCat("127.0.0.1:", services_->port())) {}
ScriptedServer::~ScriptedServer() = default;

void ScriptedServer::Answer(const Message& response) { services_->script().Answer(response); }
void ScriptedServer::RefuseNext(const grpc::Status& status) { services_->script().RefuseNext(status); }
void ScriptedServer::Stall() { services_->script().Stall(); }
std::vector<std::string> ScriptedServer::Recorded(const std::string& type) const {
  return services_->script().Recorded(type);
}

}  // namespace twofold
