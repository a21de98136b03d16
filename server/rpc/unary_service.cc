#include "server/rpc/unary_service.h"

#include <grpcpp/impl/codegen/rpc_service_method.h>
#include <grpcpp/impl/codegen/service_type.h>

#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/engine/errors.h"
#include "server/rpc/method_table.h"
#include "server/rpc/wire.h"

namespace twofold {
namespace {

// Calls per method and loop that wait for their request: arrivals beyond these take a slower path inside
// gRPC.
constexpr int kWaitingCalls = 64;

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

  // Indices in MethodTable().
  const std::vector<size_t>& methods() const { return methods_; }

  void Request(int method, grpc::ServerContext* context, grpc::ByteBuffer* request,
               grpc::ServerAsyncResponseWriter<grpc::ByteBuffer>* writer, grpc::ServerCompletionQueue* queue,
               void* tag) {
    RequestAsyncUnary(method, context, request, writer, queue, queue, tag);
  }

 private:
  std::vector<size_t> methods_;
};

// One call from the wait for its request to the acknowledgement of its answer; deletes itself. Lives on its
// loop's thread.
class UnaryCall final : public QueueTag {
 public:
  static void Await(RawService& service, int method, const CallEnvironment& environment, RequestLoop& loop) {
    auto* call = new UnaryCall(service, method, environment, loop);
    service.Request(method, &call->context_, &call->request_, &call->writer_, loop.queue(), call);
  }

  void OnEvent(bool ok) override {
    if (answered_ || !ok) {
      delete this;
      return;
    }
    Await(service_, method_, environment_, loop_);
    Begin();
  }

 private:
  UnaryCall(RawService& service, int method, const CallEnvironment& environment, RequestLoop& loop)
      : service_(service), method_(method), environment_(environment), loop_(loop), writer_(&context_) {}

  size_t table_index() const { return service_.methods()[static_cast<size_t>(method_)]; }

  void Begin() {
    begin_ = absl::Now();
    absl::StatusOr<AuditTicket> ticket = environment_.observer.CallStarted();
    if (!ticket.ok()) return Finish(ticket.status());
    ticket_ = *std::move(ticket);
    // Past its deadline nobody waits for the answer.
    const bool too_late = absl::FromChrono(context_.deadline()) <= begin_;
    if (too_late || environment_.in_flight.count() >= environment_.max_in_flight)
      return Finish(OverloadedError());
    Spawn(loop_.executor(), environment_.in_flight,
          MethodTable()[table_index()].handle(environment_.engine, facts_, request_),
          [this](absl::StatusOr<grpc::ByteBuffer> answer) { Finish(std::move(answer)); });
  }

  void Finish(absl::StatusOr<grpc::ByteBuffer> answer) {
    answered_ = true;
    environment_.observer.CallDone(table_index(), std::move(ticket_), facts_, answer.status(),
                                   absl::Now() - begin_);
    if (answer.ok()) {
      writer_.Finish(*answer, grpc::Status::OK, this);
    } else {
      writer_.FinishWithError(ToGrpcStatus(answer.status()), this);
    }
  }

  RawService& service_;
  const int method_;
  const CallEnvironment& environment_;
  RequestLoop& loop_;
  grpc::ServerContext context_;
  grpc::ByteBuffer request_;
  grpc::ServerAsyncResponseWriter<grpc::ByteBuffer> writer_;
  CallFacts facts_;
  AuditTicket ticket_;
  absl::Time begin_;
  bool answered_ = false;
};

class TableService final : public UnaryService {
 public:
  TableService(absl::string_view name, const CallEnvironment& environment)
      : raw_(name), environment_(environment) {}

  grpc::Service* service() override { return &raw_; }

  void Serve(RequestLoop& loop) override {
    for (int method = 0; method < static_cast<int>(raw_.methods().size()); ++method) {
      for (int i = 0; i < kWaitingCalls; ++i) UnaryCall::Await(raw_, method, environment_, loop);
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
