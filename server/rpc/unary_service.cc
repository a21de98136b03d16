#include "server/rpc/unary_service.h"

#include <grpcpp/impl/codegen/rpc_service_method.h>
#include <grpcpp/impl/codegen/service_type.h>

#include <chrono>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/steady.h"
#include "server/errors.h"
#include "server/rpc/grpc_time.h"
#include "server/rpc/load_shedding.h"
#include "server/rpc/method_table.h"
#include "server/rpc/wire.h"

namespace twofold {
namespace {

class RawService final : public grpc::Service {
 public:
  explicit RawService(absl::string_view name) {
    const std::vector<Method>& table = MethodTable();
    for (size_t i = 0; i < table.size(); ++i) {
      if (!absl::StartsWith(table[i].path, absl::StrCat("/", name, "/"))) continue;
      AddMethod(new grpc::internal::RpcServiceMethod(table[i].path, grpc::internal::RpcMethod::NORMAL_RPC,
                                                     nullptr));
      MarkMethodRaw(static_cast<int>(methods_.size()));
      methods_.push_back(i);
    }
  }

  // These are indices in MethodTable().
  const std::vector<size_t>& methods() const { return methods_; }

  void Request(int method, grpc::ServerContext* context, grpc::ByteBuffer* request,
               grpc::ServerAsyncResponseWriter<grpc::ByteBuffer>* writer, grpc::ServerCompletionQueue* queue,
               void* tag) {
    RequestAsyncUnary(method, context, request, writer, queue, queue, tag);
  }

 private:
  std::vector<size_t> methods_;
};

// The status is made once, because rejecting a call must cost less than serving it.
const grpc::Status& OverloadedStatus() {
  static const auto* const status = new grpc::Status(ToGrpcStatus(OverloadedError()));
  return *status;
}

std::minstd_rand& Random() {
  thread_local std::minstd_rand random{std::random_device()()};
  return random;
}

// Returns milliseconds around kOverloadRetry, so that calls that were rejected together do not come
// back together.
std::string RetryPushback() {
  const int64_t mean = absl::ToInt64Milliseconds(kOverloadRetry);
  return std::to_string(std::uniform_int_distribution<int64_t>(mean / 2, mean * 3 / 2)(Random()));
}

// A call, from the wait for its request to the acknowledgement of its answer. It deletes itself. It
// lives on its loop's thread.
class UnaryCall final : public QueueTag {
 public:
  static void Await(RawService& service, int method, const CallEnvironment& environment, RequestLoop& loop) {
    auto* call = new UnaryCall(service, method, environment, loop);
    call->context_.AsyncNotifyWhenDone(&call->end_);
    service.Request(method, &call->context_, &call->request_, &call->writer_, loop.queue(), call);
  }

  void OnEvent(bool ok) override {
    // gRPC reports no completion for a call that never started.
    if (!arrived_ && !ok) return delete this;
    if (arrived_) return OnePartEnded();
    arrived_ = true;
    Await(service_, method_, environment_, loop_);
    Arrive();
  }

 private:
  // gRPC completes this tag when the call is over: answered, cancelled by its caller, or cut off
  // with its connection.
  class EndTag final : public QueueTag {
   public:
    explicit EndTag(UnaryCall& call) : call_(call) {}
    void OnEvent(bool) override {
      call_.token_.Cancel();
      call_.OnePartEnded();
    }

   private:
    UnaryCall& call_;
  };

  UnaryCall(RawService& service, int method, const CallEnvironment& environment, RequestLoop& loop)
      : service_(service), method_(method), environment_(environment), loop_(loop), writer_(&context_) {}

  size_t table_index() const { return service_.methods()[static_cast<size_t>(method_)]; }

  // This runs before the flows of earlier calls. Excess calls are rejected while their callers
  // still wait, instead of staying in the sockets' buffers.
  void Arrive() {
    begin_ = SteadyNow();
    absl::StatusOr<AuditTicket> ticket = environment_.observer.CallStarted();
    if (!ticket.ok()) return Finish(ticket.status());
    ticket_ = *std::move(ticket);
    engine_ = environment_.engine.load(std::memory_order_acquire);
    if (engine_ == nullptr) return Finish(StorageUnavailableError());
    const double chance = std::uniform_real_distribution<>()(Random());
    if (!AdmitsCall(environment_.in_flight.count(), environment_.max_in_flight, chance)) {
      return Finish(OverloadedError());
    }
    environment_.in_flight.Begin();
    counted_ = true;
    token_.LimitTo(SteadyDeadline(context_.raw_deadline()));
    loop_.Post([this] { Begin(); });
  }

  void Begin() {
    if (!token_.Lasts(SteadyNow())) return Finish(OverloadedError());
    auto done = [this](Task<absl::Status> ended) {
      result_ = ResultOf(std::move(ended));
      // The answer leaves later, so that answers leave one after the other. gRPC's code and ours
      // compete for the processor's caches.
      loop_.Post([this] { Finish(result_); });
    };
    Start(loop_.executor(), MethodTable()[table_index()].handle(*engine_, facts_, request_, response_),
          std::move(done), &token_);
  }

  void Finish(const absl::Status& status) {
    environment_.observer.CallDone(table_index(), std::move(ticket_), std::move(facts_), status,
                                   TimeSince(begin_));
    if (status.ok()) {
      writer_.Finish(response_, grpc::Status::OK, this);
    } else {
      if (ReasonOf(status) == v1::OVERLOADED) {
        // By gRFC A6, clients with a retry limit come back after that time and not before.
        context_.AddTrailingMetadata("grpc-retry-pushback-ms", RetryPushback());
        writer_.FinishWithError(OverloadedStatus(), this);
      } else {
        writer_.FinishWithError(ToGrpcStatus(status), this);
      }
    }
    if (counted_) environment_.in_flight.End();
  }

  // The acknowledgement of the answer and the end of the call come in any order.
  void OnePartEnded() {
    if (--parts_ == 0) delete this;
  }
  RawService& service_;
  const int method_;
  const CallEnvironment& environment_;
  RequestLoop& loop_;
  Engine* engine_ = nullptr;
  grpc::ServerContext context_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
  grpc::ServerAsyncResponseWriter<grpc::ByteBuffer> writer_;
  CallFacts facts_;
  AuditTicket ticket_;
  SteadyTime begin_;
  absl::Status result_;
  CancellationToken token_;
  EndTag end_{*this};
  int parts_ = 2;
  bool arrived_ = false;
  bool counted_ = false;
};

class TableService final : public UnaryService {
 public:
  TableService(absl::string_view name, const CallEnvironment& environment)
      : raw_(name), environment_(environment) {}

  grpc::Service* service() override { return &raw_; }

  void Serve(RequestLoop& loop) override {
    for (int method = 0; method < static_cast<int>(raw_.methods().size()); ++method) {
      for (size_t i = 0; i < kWaitingCalls; ++i) UnaryCall::Await(raw_, method, environment_, loop);
    }
  }

 private:
  RawService raw_;
  const CallEnvironment environment_;
};

}  // namespace

std::unique_ptr<UnaryService> NewUnaryService(absl::string_view name, const CallEnvironment& environment) {
  return std::make_unique<TableService>(name, environment);
}

}  // namespace twofold
