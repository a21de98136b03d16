#include "server/rpc/health_service.h"

#include <grpcpp/server_context.h>
#include <grpcpp/support/async_stream.h>
#include <grpcpp/support/async_unary_call.h>

#include <set>
#include <string>
#include <utility>

#include "server/rpc/service_names.h"

namespace twofold {
namespace {

// The number of Watch streams at the same time. Further ones are answered RESOURCE_EXHAUSTED.
constexpr int kMaxWatches = 256;

}  // namespace

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

// Used by the loop's thread only.
struct HealthService::LoopState {
  explicit LoopState(RequestLoop& loop_in) : loop(loop_in) {}

  RequestLoop& loop;
  std::set<WatchCall*> watches;
};

// A call of Check. It deletes itself.
class HealthService::CheckCall final : public QueueTag {
 public:
  static void Await(HealthService& health, RequestLoop& loop) {
    auto* call = new CheckCall(health, loop);
    health.service_.RequestCheck(&call->context_, &call->request_, &call->writer_, loop.queue(), loop.queue(),
                                 call);
  }

  void OnEvent(bool ok) override {
    if (answered_ || !ok) {
      delete this;
      return;
    }
    Await(health_, loop_);
    answered_ = true;
    if (!Knows(request_.service())) {
      writer_.FinishWithError(grpc::Status(grpc::StatusCode::NOT_FOUND, "there is no such service"), this);
      return;
    }
    HealthCheckResponse response;
    response.set_status(health_.StatusOf(request_.service()));
    writer_.Finish(response, grpc::Status::OK, this);
  }

 private:
  CheckCall(HealthService& health, RequestLoop& loop) : health_(health), loop_(loop), writer_(&context_) {}

  HealthService& health_;
  RequestLoop& loop_;
  grpc::ServerContext context_;
  HealthCheckRequest request_;
  grpc::ServerAsyncResponseWriter<HealthCheckResponse> writer_;
  bool answered_ = false;
};

// A stream of Watch. It sends the present status, and each change of it. It deletes itself when the
// stream has ended and no operation runs on it.
class HealthService::WatchCall {
 public:
  static void Await(HealthService& health, LoopState& state) {
    auto* call = new WatchCall(health, state);
    grpc::ServerCompletionQueue* const queue = state.loop.queue();
    call->context_.AsyncNotifyWhenDone(&call->ended_);
    health.service_.RequestWatch(&call->context_, &call->request_, &call->writer_, queue, queue,
                                 &call->arrived_);
  }

  // Writes the status if it has not been written.
  void Update() {
    if (busy_ || is_over_ || finished_) return;
    const HealthCheckResponse::ServingStatus status = health_.StatusOf(request_.service());
    if (status != written_status_) {
      written_status_ = status;
      HealthCheckResponse response;
      response.set_status(status);
      busy_ = true;
      writer_.Write(response, &written_);
    } else if (health_.ending_) {
      finished_ = true;
      busy_ = true;
      writer_.Finish(grpc::Status(grpc::StatusCode::UNAVAILABLE, "the server is stopping"), &written_);
    }
  }

 private:
  class Tag final : public QueueTag {
   public:
    Tag(WatchCall& call, void (WatchCall::*handle)(bool)) : call_(call), handle_(handle) {}
    void OnEvent(bool ok) override { (call_.*handle_)(ok); }

   private:
    WatchCall& call_;
    void (WatchCall::*const handle_)(bool);
  };

  WatchCall(HealthService& health, LoopState& state) : health_(health), state_(state), writer_(&context_) {}

  void OnArrived(bool ok) {
    if (!ok) {
      // The server is stopping. gRPC reports no completion for a call that never started.
      delete this;
      return;
    }
    Await(health_, state_);
    state_.watches.insert(this);
    busy_ = false;
    const int watchers = health_.watchers_.fetch_add(1, std::memory_order_relaxed) + 1;
    if (is_over_) return DeleteIfIdle();
    if (watchers <= kMaxWatches) return Update();
    finished_ = true;
    busy_ = true;
    writer_.Finish(grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "too many Watch streams are open"),
                   &written_);
  }

  void OnWritten(bool ok) {
    busy_ = false;
    if (!ok) finished_ = true;
    if (is_over_) return DeleteIfIdle();
    if (ok) Update();
  }

  void OnEnded(bool) {
    is_over_ = true;
    DeleteIfIdle();
  }

  void DeleteIfIdle() {
    if (busy_) return;
    state_.watches.erase(this);
    health_.watchers_.fetch_sub(1, std::memory_order_relaxed);
    delete this;
  }

  HealthService& health_;
  LoopState& state_;
  grpc::ServerContext context_;
  HealthCheckRequest request_;
  grpc::ServerAsyncWriter<HealthCheckResponse> writer_;
  Tag arrived_{*this, &WatchCall::OnArrived};
  Tag written_{*this, &WatchCall::OnWritten};
  Tag ended_{*this, &WatchCall::OnEnded};
  HealthCheckResponse::ServingStatus written_status_ = HealthCheckResponse::UNKNOWN;
  // Whether an operation runs. The first one waits for a request.
  bool busy_ = true;
  bool finished_ = false;
  bool is_over_ = false;
};

HealthService::HealthService() = default;

HealthService::~HealthService() = default;

bool HealthService::Knows(const std::string& name) {
  return name.empty() ||
         std::find(std::begin(kApiServices), std::end(kApiServices), name) != std::end(kApiServices);
}

HealthCheckResponse::ServingStatus HealthService::StatusOf(const std::string& name) const {
  if (!Knows(name)) return HealthCheckResponse::SERVICE_UNKNOWN;
  return serving_ && !ending_ && ready_() ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING;
}

void HealthService::Serve(RequestLoop& loop) {
  loops_.push_back(std::make_unique<LoopState>(loop));
  CheckCall::Await(*this, loop);
  WatchCall::Await(*this, *loops_.back());
}

void HealthService::SetServing(bool serving) {
  if (serving_.exchange(serving) != serving) Tell();
}

void HealthService::Shutdown() {
  if (!ending_.exchange(true)) Tell();
}

void HealthService::Tell() {
  for (const std::unique_ptr<LoopState>& state : loops_) {
    state->loop.Post([watches = &state->watches] {
      for (WatchCall* watch : *watches) watch->Update();
    });
  }
}

}  // namespace twofold
