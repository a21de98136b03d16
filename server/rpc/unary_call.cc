#include "server/rpc/unary_call.h"

#include <utility>

#include "server/errors.h"
#include "server/rpc/call_state.h"

namespace twofold {
namespace {

// A call, from the wait for its request to the acknowledgement of its answer. It deletes itself. It
// lives on its loop's thread.
class UnaryCall final : public QueueTag {
 public:
  UnaryCall(RawService& service, int method, const CallEnvironment& environment, RequestLoop& loop)
      : service_(service),
        method_(method),
        environment_(environment),
        loop_(loop),
        writer_(&context_),
        state_(environment, service.methods()[static_cast<size_t>(method)]) {}

  void Await() {
    context_.AsyncNotifyWhenDone(&end_);
    service_.RequestUnary(method_, &context_, &request_, &writer_, loop_.queue(), this);
  }

  void OnEvent(bool ok) override {
    // gRPC reports no completion for a call that never started.
    if (!arrived_ && !ok) return delete this;
    if (arrived_) return OnePartEnded();
    arrived_ = true;
    AwaitUnaryCall(service_, method_, environment_, loop_);
    // This runs before the flows of earlier calls. Excess calls are rejected while their callers
    // still wait, instead of staying in the sockets' buffers.
    const absl::Status admitted = state_.Arrive(context_);
    if (!admitted.ok()) return Finish(admitted);
    loop_.Post([this] { Begin(); });
  }

 private:
  // gRPC completes this tag when the call is over: answered, cancelled by its caller, or cut off
  // with its connection.
  class EndTag final : public QueueTag {
   public:
    explicit EndTag(UnaryCall& call) : call_(call) {}
    void OnEvent(bool) override {
      call_.state_.token().Cancel();
      call_.OnePartEnded();
    }

   private:
    UnaryCall& call_;
  };

  void Begin() {
    if (!state_.token().Lasts(SteadyNow())) return Finish(OverloadedError());
    auto done = [this](Task<absl::Status> ended) {
      result_ = ResultOf(std::move(ended));
      // The answer leaves later, so that answers leave one after the other. gRPC's code and ours
      // compete for the processor's caches.
      loop_.Post([this] { Finish(result_); });
    };
    Start(loop_.executor(), state_.method().unary(state_.context(), request_, response_), std::move(done),
          &state_.token());
  }

  void Finish(const absl::Status& result) {
    const absl::Status status = state_.Leave(result, context_);
    if (status.ok()) {
      writer_.Finish(response_, grpc::Status::OK, this);
    } else {
      writer_.FinishWithError(PrepareAnswer(status, context_), this);
    }
    state_.Left();
  }

  // The acknowledgement of the answer and the end of the call come in any order.
  void OnePartEnded() {
    if (--parts_ == 0) delete this;
  }

  RawService& service_;
  const int method_;
  const CallEnvironment& environment_;
  RequestLoop& loop_;
  grpc::ServerContext context_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
  RawService::UnaryWriter writer_;
  CallState state_;
  absl::Status result_;
  EndTag end_{*this};
  int parts_ = 2;
  bool arrived_ = false;
};

}  // namespace

void AwaitUnaryCall(RawService& service, int method, const CallEnvironment& environment, RequestLoop& loop) {
  auto* const call = new UnaryCall(service, method, environment, loop);
  call->Await();
}

}  // namespace twofold
