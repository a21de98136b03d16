#include "clients/prompt/prompt_api.h"

#include <grpc/support/time.h>
#include <grpcpp/client_context.h>

#include <functional>
#include <utility>

#include "common/async.h"
#include "common/status_macros.h"

namespace twofold {
namespace {

constexpr int kAttempts = 3;
constexpr absl::Duration kPause = absl::Milliseconds(100);
constexpr absl::Duration kConnectWait = absl::Milliseconds(300);

gpr_timespec In(absl::Duration time) {
  const gpr_timespec span = gpr_time_from_micros(absl::ToInt64Microseconds(time), GPR_TIMESPAN);
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), span);
}

using Async = v1::PromptPageService::StubInterface::async_interface;

template <typename Request, typename Response>
using Rpc = void (Async::*)(grpc::ClientContext*, const Request*, Response*,
                            std::function<void(grpc::Status)>);

template <typename Request, typename Response>
Task<Result<Response>> CallOnce(Async* stub, Rpc<Request, Response> rpc, const Request& request,
                                absl::Duration timeout) {
  struct Running {
    grpc::ClientContext context;
    Request request;
    Response response;
    Completion<grpc::Status> done;
  };
  const auto call = std::make_shared<Running>();
  call->context.set_deadline(In(timeout));
  call->request = request;
  const grpc::Status status = co_await Await<grpc::Status>([&](Completion<grpc::Status> done) {
    call->done = std::move(done);
    (stub->*rpc)(&call->context, &call->request, &call->response,
                 [call](const grpc::Status& ended) { std::move(call->done)(ended); });
  });
  if (!status.ok()) co_return DecodeError(status);
  co_return std::move(call->response);
}

template <typename Request, typename Response>
Task<Result<Response>> Call(Async* stub, Rpc<Request, Response> rpc, Request request, absl::Duration timeout,
                            int attempts) {
  for (int attempt = 1;; ++attempt) {
    Task<Result<Response>> once = CallOnce<Request, Response>(stub, rpc, request, timeout);
    Result<Response> result = co_await std::move(once);
    const bool again =
        !result.ok() && result.error().code == grpc::StatusCode::UNAVAILABLE && attempt < attempts;
    if (!again) co_return result;
    const TaskRun& run = co_await CurrentRun();
    const absl::Duration pause = kPause * attempt;
    Task<void> sleep = Sleep(run.executor(), pause);
    co_await std::move(sleep);
  }
}

bool MaySend(const v1::ActOnPromptRequest& request) {
  if (request.has_challenge()) return true;
  const v1::MethodType type = request.enroll().type();
  return type == v1::METHOD_TYPE_SMS || type == v1::METHOD_TYPE_EMAIL;
}

}  // namespace

PromptApi::PromptApi(std::shared_ptr<grpc::Channel> channel, const ClientOptions& options)
    : channel_(std::move(channel)),
      stub_(v1::PromptPageService::NewStub(channel_)),
      timeout_(options.timeout),
      send_timeout_(options.send_timeout) {}

absl::StatusOr<std::unique_ptr<PromptApi>> PromptApi::New(const ClientOptions& options) {
  TWOFOLD_ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> channel, NewChannel(options));
  return std::unique_ptr<PromptApi>(new PromptApi(std::move(channel), options));
}

Task<Result<v1::OpenPromptResponse>> PromptApi::OpenPrompt(v1::OpenPromptRequest request) {
  Task<Result<v1::OpenPromptResponse>> call = Call<v1::OpenPromptRequest, v1::OpenPromptResponse>(
      stub_->async(), &Async::OpenPrompt, std::move(request), timeout_, 1);
  co_return co_await std::move(call);
}

Task<Result<v1::GetPromptResponse>> PromptApi::GetPrompt(v1::GetPromptRequest request) {
  Task<Result<v1::GetPromptResponse>> call = Call<v1::GetPromptRequest, v1::GetPromptResponse>(
      stub_->async(), &Async::GetPrompt, std::move(request), timeout_, kAttempts);
  co_return co_await std::move(call);
}

Task<Result<v1::ActOnPromptResponse>> PromptApi::ActOnPrompt(v1::ActOnPromptRequest request) {
  const bool sends = MaySend(request);
  const absl::Duration timeout = sends ? send_timeout_ : timeout_;
  const int attempts = sends ? 1 : kAttempts;
  Task<Result<v1::ActOnPromptResponse>> call = Call<v1::ActOnPromptRequest, v1::ActOnPromptResponse>(
      stub_->async(), &Async::ActOnPrompt, std::move(request), timeout, attempts);
  co_return co_await std::move(call);
}

bool PromptApi::IsConnected() const {
  return channel_->GetState(true) == GRPC_CHANNEL_READY || channel_->WaitForConnected(In(kConnectWait));
}

}  // namespace twofold
