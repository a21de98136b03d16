#include "clients/cpp/client.h"

#include <google/protobuf/message.h>
#include <grpc/support/time.h>
#include <grpcpp/client_context.h>
#include <string.h>

#include <vector>

#include "clients/cpp/request_id.h"

namespace twofold {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

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

CallError NoAddress(const absl::Status& status) {
  CallError error;
  error.code = grpc::StatusCode::INVALID_ARGUMENT;
  error.message = std::string(status.message());
  return error;
}

}  // namespace

TwofoldClient::TwofoldClient(const ClientOptions& options)
    : timeout_(options.timeout),
      channel_(NewChannel(options)),
      two_factor_(channel_.ok() ? v1::TwoFactorService::NewStub(*channel_) : nullptr),
      admin_(channel_.ok() ? v1::AdminService::NewStub(*channel_) : nullptr) {}

template <typename Stub, typename Request, typename Response>
Result<Response> TwofoldClient::Call(Stub* stub,
                                     grpc::Status (Stub::*rpc)(grpc::ClientContext*, const Request&,
                                                               Response*),
                                     Request& request) {
  if (stub == nullptr) {
    WipeStrings(request);
    return NoAddress(channel_.status());
  }
  if constexpr (requires { request.set_request_id(std::string()); }) {
    if (request.request_id().empty()) request.set_request_id(NewRequestId());
  }
  grpc::ClientContext context;
  // A time of day would not do, because somebody may set it meanwhile.
  const gpr_timespec timeout = gpr_time_from_micros(absl::ToInt64Microseconds(timeout_), GPR_TIMESPAN);
  context.set_deadline(gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), timeout));
  Response response;
  const grpc::Status status = (stub->*rpc)(&context, request, &response);
  WipeStrings(request);
  if (!status.ok()) return DecodeError(status);
  return response;
}

#define TWOFOLD_DEFINE_RPC(stub, Service, Rpc)                                    \
  Result<v1::Rpc##Response> TwofoldClient::Rpc(v1::Rpc##Request request) {        \
    return Call<v1::Service::Stub>(stub.get(), &v1::Service::Stub::Rpc, request); \
  }

TWOFOLD_DEFINE_RPC(two_factor_, TwoFactorService, Enroll)
TWOFOLD_DEFINE_RPC(two_factor_, TwoFactorService, ConfirmEnrollment)
TWOFOLD_DEFINE_RPC(two_factor_, TwoFactorService, Verify)
TWOFOLD_DEFINE_RPC(two_factor_, TwoFactorService, ListMethods)
TWOFOLD_DEFINE_RPC(two_factor_, TwoFactorService, RotateBackupCodes)
TWOFOLD_DEFINE_RPC(two_factor_, TwoFactorService, UpdateMethod)
TWOFOLD_DEFINE_RPC(two_factor_, TwoFactorService, DeleteMethod)
TWOFOLD_DEFINE_RPC(two_factor_, TwoFactorService, DeleteBackupCodes)
TWOFOLD_DEFINE_RPC(two_factor_, TwoFactorService, ResyncMethod)
TWOFOLD_DEFINE_RPC(admin_, AdminService, UnlockSubject)
TWOFOLD_DEFINE_RPC(admin_, AdminService, ResetSubject)

#undef TWOFOLD_DEFINE_RPC

}  // namespace twofold
