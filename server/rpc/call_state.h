#ifndef TWOFOLD_SERVER_RPC_CALL_STATE_H_
#define TWOFOLD_SERVER_RPC_CALL_STATE_H_

#include <grpcpp/server_context.h>

#include <cstddef>

#include "absl/status/status.h"
#include "common/steady.h"
#include "server/rpc/call_environment.h"
#include "server/rpc/method_table.h"

namespace twofold {

// What unary and streaming calls have in common: who calls, whether the call is admitted, and what
// is recorded of it. Lives on its loop's thread.
class CallState {
 public:
  // `table_index` is the method's position in MethodTable(). `environment` outlives the call.
  CallState(const CallEnvironment& environment, size_t table_index)
      : environment_(environment), table_index_(table_index) {}

  // Call it once, when the call arrives and before its request is parsed. An error is the answer of
  // the call: AUDIT_UNAVAILABLE, CALLER_UNKNOWN, CALLER_NOT_ALLOWED, STORAGE_UNAVAILABLE while
  // there is no store yet, or OVERLOADED.
  absl::Status Arrive(const grpc::ServerContext& context);

  // Returns OK if the caller may still do this. The policy may have been replaced since the call
  // arrived.
  absl::Status CheckStillAllowed() const;

  // Call it once, before the answer leaves, also after an error of Arrive. Records the call and
  // returns the status of the answer. It is `status`, unless the caller has lost its right to any
  // answer.
  absl::Status Leave(absl::Status status, const grpc::ServerContext& context);

  // Call it once, when gRPC has the answer. The server may shut down then.
  void Left();

  // Valid after Arrive returned OK.
  CallContext context() {
    return CallContext{*engine_, facts_, caller_, environment_.access, environment_.observer, table_index_};
  }
  const Method& method() const { return MethodTable()[table_index_]; }
  CancellationToken& token() { return token_; }

 private:
  absl::Status Authorize(const grpc::ServerContext& context);

  const CallEnvironment& environment_;
  const size_t table_index_;
  Engine* engine_ = nullptr;
  CallFacts facts_;
  Authorization caller_;
  bool identified_ = false;
  AuditTicket ticket_;
  SteadyTime begin_;
  CancellationToken token_;
  bool counted_ = false;
};

// Returns the status to send for `status`, and adds to `context` what its clients need to know.
grpc::Status PrepareAnswer(const absl::Status& status, grpc::ServerContext& context);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RPC_CALL_STATE_H_
