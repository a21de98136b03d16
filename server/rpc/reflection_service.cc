#include "server/rpc/reflection_service.h"

#include <grpcpp/alarm.h>
#include <grpcpp/impl/codegen/rpc_service_method.h>
#include <grpcpp/impl/codegen/service_type.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/async_stream.h>
#include <grpcpp/support/byte_buffer.h>

#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "grpc/reflection/v1/reflection.pb.h"
#include "server/rpc/grpc_time.h"
#include "server/rpc/reflection_answers.h"
#include "server/rpc/service_names.h"
#include "server/rpc/wire.h"

namespace twofold {

using Stream = grpc::ServerAsyncReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>;

// One version of the service. Its only method takes and gives bytes.
class ReflectionService::Raw final : public grpc::Service {
 public:
  explicit Raw(const char* name) : path_(absl::StrCat("/", name, "/ServerReflectionInfo")) {
    AddMethod(new grpc::internal::RpcServiceMethod(path_.c_str(), grpc::internal::RpcMethod::BIDI_STREAMING,
                                                   nullptr));
    MarkMethodRaw(0);
  }

  void Request(grpc::ServerContext* context, Stream* stream, grpc::ServerCompletionQueue* queue, void* tag) {
    RequestAsyncBidiStreaming(0, context, stream, queue, queue, tag);
  }

 private:
  // gRPC keeps a pointer to this.
  const std::string path_;
};

// Used by the loop's thread only.
struct ReflectionService::LoopState {
  explicit LoopState(RequestLoop& loop_in) : loop(loop_in) {}

  RequestLoop& loop;
  std::set<StreamCall*> streams;
};

// A stream. It reads a request, answers it, and only then reads the next one. It deletes itself
// when no operation runs on it.
class ReflectionService::StreamCall {
 public:
  static void Await(ReflectionService& service, Raw& raw, LoopState& state) {
    auto* call = new StreamCall(service, raw, state);
    call->context_.AsyncNotifyWhenDone(&call->ended_);
    raw.Request(&call->context_, &call->stream_, state.loop.queue(), &call->arrived_);
  }

  void Cancel() { context_.TryCancel(); }

 private:
  class Tag final : public QueueTag {
   public:
    Tag(StreamCall& call, void (StreamCall::*handle)(bool)) : call_(call), handle_(handle) {}
    void OnEvent(bool ok) override { (call_.*handle_)(ok); }

   private:
    StreamCall& call_;
    void (StreamCall::*const handle_)(bool);
  };

  StreamCall(ReflectionService& service, Raw& raw, LoopState& state)
      : service_(service), raw_(raw), state_(state), stream_(&context_) {}

  void OnArrived(bool ok) {
    if (!ok) {
      // The server is stopping. gRPC reports no completion for a call that never started.
      delete this;
      return;
    }
    Await(service_, raw_, state_);
    // The operations are the end of the stream, the alarm, and a read or a write.
    under_way_ = 3;
    state_.streams.insert(this);
    const int streams = service_.streams_.fetch_add(1, std::memory_order_relaxed) + 1;
    alarm_.Set(state_.loop.queue(), GrpcDeadline(service_.bounds_.lifetime), &expired_);
    if (service_.ending_) Cancel();
    if (streams > service_.bounds_.streams) {
      stream_.Finish(
          grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "too many reflection streams are open"),
          &finished_);
    } else {
      stream_.Read(&request_, &read_);
    }
  }

  void OnRead(bool ok) {
    grpc::reflection::v1::ServerReflectionRequest request;
    if (!ok) {
      stream_.Finish(grpc::Status::OK, &finished_);
    } else if (!ParseMessage(request_, request).ok()) {
      stream_.Finish(grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "the request cannot be parsed"),
                     &finished_);
    } else {
      SerializeMessage(AnswerReflection(request), response_);
      stream_.Write(response_, &written_);
    }
  }

  void OnWritten(bool ok) {
    if (!ok) return OnePartEnded();
    request_.Clear();
    response_.Clear();
    stream_.Read(&request_, &read_);
  }

  void OnFinished(bool) { OnePartEnded(); }

  void OnExpired(bool ok) {
    if (ok) Cancel();
    OnePartEnded();
  }

  void OnEnded(bool) {
    alarm_.Cancel();
    OnePartEnded();
  }

  void OnePartEnded() {
    if (--under_way_ > 0) return;
    state_.streams.erase(this);
    service_.streams_.fetch_sub(1, std::memory_order_relaxed);
    delete this;
  }

  ReflectionService& service_;
  Raw& raw_;
  LoopState& state_;
  grpc::ServerContext context_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
  Stream stream_;
  grpc::Alarm alarm_;
  Tag arrived_{*this, &StreamCall::OnArrived};
  Tag read_{*this, &StreamCall::OnRead};
  Tag written_{*this, &StreamCall::OnWritten};
  Tag finished_{*this, &StreamCall::OnFinished};
  Tag expired_{*this, &StreamCall::OnExpired};
  Tag ended_{*this, &StreamCall::OnEnded};
  int under_way_ = 0;
};

namespace {

template <typename Raw>
std::vector<std::unique_ptr<Raw>> BothVersions() {
  std::vector<std::unique_ptr<Raw>> both;
  for (const char* name : {kReflectionV1, kReflectionV1Alpha}) both.push_back(std::make_unique<Raw>(name));
  return both;
}

}  // namespace

ReflectionService::ReflectionService(const ReflectionBounds& bounds)
    : bounds_(bounds), raw_(BothVersions<Raw>()) {}

ReflectionService::~ReflectionService() = default;

std::vector<grpc::Service*> ReflectionService::services() {
  std::vector<grpc::Service*> services;
  services.reserve(raw_.size());
  for (const std::unique_ptr<Raw>& raw : raw_) services.push_back(raw.get());
  return services;
}

void ReflectionService::Serve(RequestLoop& loop) {
  loops_.push_back(std::make_unique<LoopState>(loop));
  for (const std::unique_ptr<Raw>& raw : raw_) StreamCall::Await(*this, *raw, *loops_.back());
}

void ReflectionService::Shutdown() {
  if (ending_.exchange(true)) return;
  for (const std::unique_ptr<LoopState>& state : loops_) {
    state->loop.Post([streams = &state->streams] {
      for (StreamCall* stream : *streams) stream->Cancel();
    });
  }
}

}  // namespace twofold
