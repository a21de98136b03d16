#include "clients/cpp/client.h"

#include <google/protobuf/message.h>
#include <grpc/support/time.h>
#include <grpcpp/client_context.h>
#include <string.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "clients/cpp/request_id.h"
#include "clients/cpp/server_stream.h"
#include "common/steady.h"

namespace twofold {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// Of the methods in one message. HTTP/2 lets that much through before the server answers.
constexpr size_t kMaxMessageBytes = 48 << 10;
constexpr int kImportAttempts = 3;
constexpr absl::Duration kImportPause = absl::Milliseconds(500);

void Wipe(const std::string& text) { explicit_bzero(const_cast<char*>(text.data()), text.size()); }

// Requests have strings at the top level only.
void WipeStrings(const Message& message) {
  const Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  std::string unused;
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_STRING) continue;
    if (!field->is_repeated()) {
      Wipe(reflection.GetStringReference(message, field, &unused));
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      Wipe(reflection.GetRepeatedStringReference(message, field, i, &unused));
    }
  }
}

template <typename Methods>
void WipeMethods(Methods& methods) {
  for (v1::PortableMethod& method : methods) WipeStrings(method);
}

void SetDeadline(absl::Duration timeout, grpc::ClientContext& context) {
  // A time of day would not do, because somebody may set it meanwhile.
  const gpr_timespec time = gpr_time_from_micros(absl::ToInt64Microseconds(timeout), GPR_TIMESPAN);
  context.set_deadline(gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), time));
}

CallError NoAddress(const absl::Status& status) {
  CallError error;
  error.code = grpc::StatusCode::INVALID_ARGUMENT;
  error.message = std::string(status.message());
  return error;
}

}  // namespace

TwofoldClient::TwofoldClient(const ClientOptions& options)
    : timeout_(options.timeout),
      send_timeout_(options.send_timeout),
      channel_(NewChannel(options)),
      two_factor_(channel_.ok() ? v1::TwoFactorService::NewStub(*channel_) : nullptr),
      prompts_(channel_.ok() ? v1::PromptService::NewStub(*channel_) : nullptr),
      admin_(channel_.ok() ? v1::AdminService::NewStub(*channel_) : nullptr) {}

template <typename Stub, typename Request, typename Response>
Result<Response> TwofoldClient::Call(Stub* stub,
                                     grpc::Status (Stub::*rpc)(grpc::ClientContext*, const Request&,
                                                               Response*),
                                     Request& request, absl::Duration timeout) {
  if (stub == nullptr) {
    WipeStrings(request);
    return NoAddress(channel_.status());
  }
  if constexpr (requires { request.set_request_id(std::string()); }) {
    if (request.request_id().empty()) request.set_request_id(NewRequestId());
  }
  grpc::ClientContext context;
  SetDeadline(timeout, context);
  Response response;
  const grpc::Status status = (stub->*rpc)(&context, request, &response);
  WipeStrings(request);
  if (!status.ok()) return DecodeError(status);
  return response;
}

#define TWOFOLD_DEFINE_RPC(stub, Service, Rpc)                                              \
  Result<v1::Rpc##Response> TwofoldClient::Rpc(v1::Rpc##Request request) {                  \
    return Call<v1::Service::Stub>(stub.get(), &v1::Service::Stub::Rpc, request, timeout_); \
  }

TWOFOLD_DEFINE_RPC(two_factor_, TwoFactorService, ConfirmEnrollment)
TWOFOLD_DEFINE_RPC(two_factor_, TwoFactorService, Verify)
TWOFOLD_DEFINE_RPC(two_factor_, TwoFactorService, ListMethods)
TWOFOLD_DEFINE_RPC(two_factor_, TwoFactorService, RotateBackupCodes)
TWOFOLD_DEFINE_RPC(two_factor_, TwoFactorService, UpdateMethod)
TWOFOLD_DEFINE_RPC(two_factor_, TwoFactorService, DeleteMethod)
TWOFOLD_DEFINE_RPC(two_factor_, TwoFactorService, DeleteBackupCodes)
TWOFOLD_DEFINE_RPC(two_factor_, TwoFactorService, ResyncMethod)
TWOFOLD_DEFINE_RPC(two_factor_, TwoFactorService, CheckGrant)
TWOFOLD_DEFINE_RPC(two_factor_, TwoFactorService, RevokeGrants)
TWOFOLD_DEFINE_RPC(prompts_, PromptService, CreatePrompt)
TWOFOLD_DEFINE_RPC(prompts_, PromptService, RedeemPrompt)
TWOFOLD_DEFINE_RPC(prompts_, PromptService, CancelPrompt)
TWOFOLD_DEFINE_RPC(admin_, AdminService, UnlockSubject)
TWOFOLD_DEFINE_RPC(admin_, AdminService, ResetSubject)

#undef TWOFOLD_DEFINE_RPC

Result<v1::EnrollResponse> TwofoldClient::Enroll(v1::EnrollRequest request) {
  const bool sends = request.type() == v1::METHOD_TYPE_SMS || request.type() == v1::METHOD_TYPE_EMAIL;
  using Stub = v1::TwoFactorService::Stub;
  return Call<Stub>(two_factor_.get(), &Stub::Enroll, request, sends ? send_timeout_ : timeout_);
}

Result<Challenge> TwofoldClient::StartChallenge(v1::StartChallengeRequest request) {
  using Stub = v1::TwoFactorService::Stub;
  Result<v1::StartChallengeResponse> result =
      Call<Stub>(two_factor_.get(), &Stub::StartChallenge, request, send_timeout_);
  if (!result.ok()) return result.error();
  std::optional<Challenge> challenge = Challenge::Read(*std::move(result));
  if (challenge.has_value()) return *std::move(challenge);
  CallError error;
  error.message = "the challenge is of a type that this client does not know";
  return error;
}

grpc::Status TwofoldClient::SendMethods(const std::vector<v1::PortableMethod>& methods, bool dry_run,
                                        absl::Duration timeout, v1::ImportMethodsResponse& response) {
  grpc::ClientContext context;
  SetDeadline(timeout, context);
  const auto writer = admin_->ImportMethods(&context, &response);
  size_t next = 0;
  bool open = true;
  do {
    v1::ImportMethodsRequest request;
    request.set_dry_run(dry_run);
    size_t bytes = 0;
    while (next < methods.size() && bytes < kMaxMessageBytes) {
      bytes += methods[next].ByteSizeLong();
      *request.add_methods() = methods[next++];
    }
    // A server that refuses the stream ends it, and Finish says why.
    open = writer->Write(request);
    WipeMethods(*request.mutable_methods());
  } while (open && next < methods.size());
  writer->WritesDone();
  return writer->Finish();
}

Result<v1::ImportMethodsResponse> TwofoldClient::ImportMethods(std::vector<v1::PortableMethod> methods,
                                                               bool dry_run, absl::Duration timeout) {
  if (admin_ == nullptr) {
    WipeMethods(methods);
    return NoAddress(channel_.status());
  }
  v1::ImportMethodsResponse response;
  grpc::Status status = SendMethods(methods, dry_run, timeout, response);
  for (int attempt = 1; attempt < kImportAttempts && status.error_code() == grpc::StatusCode::UNAVAILABLE;
       ++attempt) {
    SteadySleep(kImportPause * attempt);
    response.Clear();
    status = SendMethods(methods, dry_run, timeout, response);
  }
  WipeMethods(methods);
  if (!status.ok()) return DecodeError(status);
  return response;
}

Result<v1::ExportMethodsResponse> TwofoldClient::ExportMethods(
    const v1::ExportMethodsRequest& request,
    const std::function<bool(const v1::ExportMethodsResponse&)>& take) {
  if (admin_ == nullptr) return NoAddress(channel_.status());
  grpc::ClientContext context;
  v1::ExportMethodsResponse last;
  bool wanted = true;
  const grpc::Status status = ReadServerStream<v1::ExportMethodsResponse>(
      context, kMaxSilence,
      [&](grpc::CompletionQueue* queue, void* tag) {
        return admin_->AsyncExportMethods(&context, request, queue, tag);
      },
      [&](const v1::ExportMethodsResponse& response) {
        last = response;
        last.clear_chunk();
        if (wanted && !take(response)) {
          wanted = false;
          context.TryCancel();
        }
      });
  if (!status.ok()) return DecodeError(status);
  return last;
}

Result<v1::RewrapSecretsResponse> TwofoldClient::RewrapSecrets(
    const v1::RewrapSecretsRequest& request,
    const std::function<void(const v1::RewrapSecretsResponse&)>& progress) {
  if (admin_ == nullptr) return NoAddress(channel_.status());
  grpc::ClientContext context;
  v1::RewrapSecretsResponse last;
  const grpc::Status status = ReadServerStream<v1::RewrapSecretsResponse>(
      context, kMaxSilence,
      [&](grpc::CompletionQueue* queue, void* tag) {
        return admin_->AsyncRewrapSecrets(&context, request, queue, tag);
      },
      [&](const v1::RewrapSecretsResponse& response) {
        last = response;
        progress(response);
      });
  if (!status.ok()) return DecodeError(status);
  return last;
}

}  // namespace twofold
