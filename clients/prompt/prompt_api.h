#ifndef TWOFOLD_CLIENTS_PROMPT_PROMPT_API_H_
#define TWOFOLD_CLIENTS_PROMPT_PROMPT_API_H_

#include <grpcpp/channel.h>

#include <memory>

#include "absl/status/statusor.h"
#include "clients/cpp/client.h"
#include "clients/cpp/result.h"
#include "common/task.h"
#include "twofold/v1/prompt_page_service.grpc.pb.h"

namespace twofold {

// Calls PromptPageService of the server. The calls suspend their task instead of blocking. Thread-safe.
class PromptApi {
 public:
  // INVALID_ARGUMENT: a client cannot call the address.
  static absl::StatusOr<std::unique_ptr<PromptApi>> New(const ClientOptions& options);

  // It works once, so it is never repeated.
  Task<Result<v1::OpenPromptResponse>> OpenPrompt(v1::OpenPromptRequest request);
  // A call that is answered UNAVAILABLE is repeated twice.
  Task<Result<v1::GetPromptResponse>> GetPrompt(v1::GetPromptRequest request);
  // As GetPrompt, because the request id makes it one action. An action that may send a code is not
  // repeated.
  Task<Result<v1::ActOnPromptResponse>> ActOnPrompt(v1::ActOnPromptRequest request);

  // Whether there is a connection to the server. Waits a moment for one.
  bool IsConnected() const;

 private:
  PromptApi(std::shared_ptr<grpc::Channel> channel, const ClientOptions& options);

  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<v1::PromptPageService::Stub> stub_;
  const absl::Duration timeout_;
  const absl::Duration send_timeout_;
};

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_PROMPT_PROMPT_API_H_
