#include "server/rpc/stream_call.h"

#include <grpcpp/alarm.h>

#include <utility>

#include "server/errors.h"
#include "server/rpc/call_state.h"
#include "server/rpc/grpc_time.h"
#include "server/rpc/message_stream.h"
#include "server/rpc/wire.h"

namespace twofold {
namespace {

// Streams are for administrators, and few. More of them must not keep logins out.
constexpr int64_t kMaxStreams = 16;
// A caller that neither sends nor takes a message for so long is gone.
constexpr absl::Duration kMaxSilence = absl::Seconds(30);
constexpr absl::Duration kLook = absl::Seconds(1);

// A streaming call, from the wait for its arrival to the acknowledgement of its status. It deletes
// itself. It lives on its loop's thread.
class StreamCall final : public QueueTag, public MessageStream {
 public:
  StreamCall(RawService& service, int method, const CallEnvironment& environment, RequestLoop& loop)
      : service_(service),
        method_(method),
        environment_(environment),
        loop_(loop),
        stream_(&context_),
        state_(environment, service.methods()[static_cast<size_t>(method)]) {}

  void Await() {
    context_.AsyncNotifyWhenDone(&end_);
    service_.RequestStream(method_, &context_, &stream_, loop_.queue(), this);
  }

  // The call has arrived, or its status is on its way.
  void OnEvent(bool ok) override {
    if (!arrived_ && !ok) return delete this;
    if (arrived_) return OnePartEnded();
    arrived_ = true;
    AwaitStreamCall(service_, method_, environment_, loop_);
    const absl::Status admitted = state_.Arrive(context_);
    if (!admitted.ok()) return Finish(admitted);
    if (environment_.streams.count() >= kMaxStreams) return Finish(OverloadedError());
    environment_.streams.Begin();
    is_stream_ = true;
    ++parts_;
    WakeLater();
    loop_.Post([this] { Begin(); });
  }

  Task<absl::StatusOr<bool>> Read(google::protobuf::Message& message) override {
    grpc::ByteBuffer bytes;
    const bool read = co_await twofold::Await<bool>([this, &bytes](Completion<bool> done) {
      operation_.Begin(std::move(done));
      stream_.Read(&bytes, &operation_);
    });
    if (!read) co_return false;
    const absl::Status allowed = state_.CheckStillAllowed();
    if (!allowed.ok()) co_return allowed;
    const absl::Status parsed = ParseMessage(bytes, message);
    if (!parsed.ok()) co_return parsed;
    co_return true;
  }

  Task<bool> Write(const google::protobuf::Message& message) override {
    if (!state_.CheckStillAllowed().ok()) co_return false;
    grpc::ByteBuffer bytes;
    SerializeMessage(message, bytes);
    const bool written = co_await twofold::Await<bool>([this, &bytes](Completion<bool> done) {
      operation_.Begin(std::move(done));
      stream_.Write(bytes, &operation_);
    });
    co_return written;
  }

 private:
  // The tag of the read or write that is under way.
  class OperationTag final : public QueueTag {
   public:
    void Begin(Completion<bool> done) {
      done_ = std::move(done);
      begin_ = SteadyNow();
    }
    void OnEvent(bool ok) override { std::exchange(done_, nullptr)(ok); }

    bool IsOverdue() const { return done_ != nullptr && TimeSince(begin_) > kMaxSilence; }

   private:
    Completion<bool> done_;
    SteadyTime begin_;
  };

  // The tag of the alarm that looks after the call.
  class LookTag final : public QueueTag {
   public:
    explicit LookTag(StreamCall& call) : call_(call) {}
    void OnEvent(bool) override { call_.Look(); }

   private:
    StreamCall& call_;
  };

  // The tag of the call's end, as in UnaryCall.
  class EndTag final : public QueueTag {
   public:
    explicit EndTag(StreamCall& call) : call_(call) {}
    void OnEvent(bool) override {
      call_.state_.token().Cancel();
      call_.OnePartEnded();
    }

   private:
    StreamCall& call_;
  };

  void WakeLater() { alarm_.Set(loop_.queue(), GrpcDeadline(kLook), &look_); }

  // Ends a call whose caller is silent or has lost its right. Its pending operation fails then.
  void Look() {
    if (finished_) return OnePartEnded();
    if (operation_.IsOverdue() || !state_.CheckStillAllowed().ok()) context_.TryCancel();
    WakeLater();
  }

  void Begin() {
    if (!state_.token().Lasts(SteadyNow())) return Finish(OverloadedError());
    auto done = [this](Task<absl::Status> ended) {
      result_ = ResultOf(std::move(ended));
      loop_.Post([this] { Finish(result_); });
    };
    Start(loop_.executor(), state_.method().stream(state_.context(), *this), std::move(done),
          &state_.token());
  }

  void Finish(const absl::Status& result) {
    const absl::Status status = state_.Leave(result, context_);
    stream_.Finish(PrepareAnswer(status, context_), this);
    finished_ = true;
    if (is_stream_) {
      alarm_.Cancel();
      environment_.streams.End();
    }
    state_.Left();
  }

  void OnePartEnded() {
    if (--parts_ == 0) delete this;
  }

  RawService& service_;
  const int method_;
  const CallEnvironment& environment_;
  RequestLoop& loop_;
  grpc::ServerContext context_;
  RawService::Stream stream_;
  CallState state_;
  absl::Status result_;
  OperationTag operation_;
  grpc::Alarm alarm_;
  LookTag look_{*this};
  EndTag end_{*this};
  int parts_ = 2;
  bool arrived_ = false;
  // Whether the call counts as a stream and has an alarm.
  bool is_stream_ = false;
  bool finished_ = false;
};

}  // namespace

void AwaitStreamCall(RawService& service, int method, const CallEnvironment& environment, RequestLoop& loop) {
  auto* const call = new StreamCall(service, method, environment, loop);
  call->Await();
}

}  // namespace twofold
