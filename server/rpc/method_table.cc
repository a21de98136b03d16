#include "server/rpc/method_table.h"

#include <utility>

#include "server/rpc/wire.h"
#include "server/rules/admin.h"
#include "server/rules/backup_codes.h"
#include "server/rules/enroll.h"
#include "server/rules/methods.h"
#include "server/rules/verify.h"

namespace twofold {
namespace {

template <typename Request, typename Response>
using Plan = absl::StatusOr<Operation> (*)(const PlanContext&, const Request&, Response&);

// For the audit log. A name that is malformed is cut to what an event may hold.
template <typename Request>
void NameSubject(const Request& request, CallFacts& facts) {
  facts.tenant = request.tenant().substr(0, kMaxNameSize);
  facts.user = request.user_id().substr(0, kMaxNameSize);
}

template <typename Request, typename Response>
Task<absl::Status> Answer(Plan<Request, Response> plan, Engine& engine, CallFacts& facts,
                          const grpc::ByteBuffer& bytes, grpc::ByteBuffer& answer) {
  Request request;
  Response response;
  const absl::Status parsed = ParseMessage(bytes, request);
  if (!parsed.ok()) co_return parsed;
  NameSubject(request, facts);
  absl::StatusOr<Operation> operation = plan(engine.NewPlan(facts.caller), request, response);
  if (!operation.ok()) co_return operation.status();
  const absl::Status status = co_await engine.Run(facts, *std::move(operation));
  if (status.ok()) SerializeMessage(response, answer);
  co_return status;
}

template <auto kPlan>
Task<absl::Status> Serve(Engine& engine, CallFacts& facts, const grpc::ByteBuffer& bytes,
                         grpc::ByteBuffer& answer) {
  return Answer(kPlan, engine, facts, bytes, answer);
}

}  // namespace

const std::vector<Method>& MethodTable() {
  static const auto& table = *new std::vector<Method>{
      {"/twofold.v1.TwoFactorService/Enroll", "Enroll", &Serve<&PlanEnroll>},
      {"/twofold.v1.TwoFactorService/ConfirmEnrollment", "ConfirmEnrollment", &Serve<&PlanConfirmEnrollment>},
      {"/twofold.v1.TwoFactorService/Verify", "Verify", &Serve<&PlanVerify>},
      {"/twofold.v1.TwoFactorService/ListMethods", "ListMethods", &Serve<&PlanListMethods>},
      {"/twofold.v1.TwoFactorService/RotateBackupCodes", "RotateBackupCodes", &Serve<&PlanRotateBackupCodes>},
      {"/twofold.v1.TwoFactorService/UpdateMethod", "UpdateMethod", &Serve<&PlanUpdateMethod>},
      {"/twofold.v1.TwoFactorService/DeleteMethod", "DeleteMethod", &Serve<&PlanDeleteMethod>},
      {"/twofold.v1.TwoFactorService/DeleteBackupCodes", "DeleteBackupCodes", &Serve<&PlanDeleteBackupCodes>},
      {"/twofold.v1.TwoFactorService/ResyncMethod", "ResyncMethod", &Serve<&PlanResyncMethod>},
      {"/twofold.v1.AdminService/UnlockSubject", "UnlockSubject", &Serve<&PlanUnlockSubject>},
      {"/twofold.v1.AdminService/ResetSubject", "ResetSubject", &Serve<&PlanResetSubject>},
  };
  return table;
}

}  // namespace twofold
