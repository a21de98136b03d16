#include "tests/e2e/challenge_flood.h"

#include <chrono>

#include "clients/cpp/call_error.h"
#include "clients/cpp/client.h"

namespace twofold {

struct ChallengeFlood::Call {
  grpc::ClientContext context;
  v1::StartChallengeResponse response;
  grpc::Status status;
  std::unique_ptr<grpc::ClientAsyncResponseReader<v1::StartChallengeResponse>> reader;
};

ChallengeFlood::ChallengeFlood(const ServerProcess& server) {
  ClientOptions options;
  options.address = server.address();
  stub_ = v1::TwoFactorService::NewStub(*NewChannel(options));
}

ChallengeFlood::~ChallengeFlood() {
  Cancel();
  queue_.Shutdown();
}

void ChallengeFlood::Start(const std::string& user, const std::string& client_address) {
  v1::StartChallengeRequest request;
  request.set_user_id(user);
  request.add_allowed_types(v1::METHOD_TYPE_SMS);
  request.set_client_address(client_address);
  auto call = std::make_unique<Call>();
  call->context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  call->reader = stub_->AsyncStartChallenge(&call->context, request, &queue_);
  call->reader->Finish(&call->response, &call->status, call.get());
  Call* const key = call.get();
  calls_[key] = std::move(call);
}

void ChallengeFlood::Take(void* tag) {
  const auto found = calls_.find(static_cast<Call*>(tag));
  const grpc::Status& status = found->second->status;
  ++outcomes_[status.ok() ? "ok" : DecodeError(status).reason];
  calls_.erase(found);
}

void ChallengeFlood::Await(size_t under_way) {
  void* tag = nullptr;
  bool ok = false;
  while (calls_.size() > under_way && queue_.Next(&tag, &ok)) Take(tag);
}

size_t ChallengeFlood::UnderWay() {
  void* tag = nullptr;
  bool ok = false;
  const auto now = std::chrono::system_clock::now();
  while (queue_.AsyncNext(&tag, &ok, now) == grpc::CompletionQueue::GOT_EVENT) Take(tag);
  return calls_.size();
}

void ChallengeFlood::Cancel() {
  for (const auto& [key, call] : calls_) call->context.TryCancel();
  Await(0);
}

}  // namespace twofold
