#include "server/rpc/method_table.h"

#include <utility>

#include "server/rpc/admin_streams.h"
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
Task<absl::Status> Answer(Plan<Request, Response> plan, CallContext call, const grpc::ByteBuffer& bytes,
                          grpc::ByteBuffer& answer) {
  Request request;
  Response response;
  const absl::Status parsed = ParseMessage(bytes, request);
  if (!parsed.ok()) co_return parsed;
  NameSubject(request, call.facts);
  // Before the names are checked: a caller learns nothing about tenants that are not its own.
  const absl::Status allowed = call.caller.CheckTenant(request.tenant());
  if (!allowed.ok()) co_return allowed;
  absl::StatusOr<Operation> operation = plan(call.engine.NewPlan(call.facts.caller), request, response);
  if (!operation.ok()) co_return operation.status();
  const absl::Status status = co_await call.engine.Run(call.facts, *std::move(operation));
  if (status.ok()) SerializeMessage(response, answer);
  co_return status;
}

template <auto kPlan>
Task<absl::Status> Serve(CallContext call, const grpc::ByteBuffer& bytes, grpc::ByteBuffer& answer) {
  return Answer(kPlan, call, bytes, answer);
}

}  // namespace

const std::vector<Method>& MethodTable() {
  constexpr Roles kLogin = {Role::kVerify};
  constexpr Roles kManagement = {Role::kManage};
  constexpr Roles kAdministration = {Role::kAdmin};
  constexpr Roles kSupportToo = {Role::kAdmin, Role::kSupport};
  static const auto& table = *new std::vector<Method>{
      {"/twofold.v1.TwoFactorService/Enroll", kManagement, &Serve<&PlanEnroll>},
      {"/twofold.v1.TwoFactorService/ConfirmEnrollment", kManagement, &Serve<&PlanConfirmEnrollment>},
      {"/twofold.v1.TwoFactorService/Verify", kLogin, &Serve<&PlanVerify>},
      {"/twofold.v1.TwoFactorService/ListMethods", kLogin, &Serve<&PlanListMethods>},
      {"/twofold.v1.TwoFactorService/RotateBackupCodes", kManagement, &Serve<&PlanRotateBackupCodes>},
      {"/twofold.v1.TwoFactorService/UpdateMethod", kManagement, &Serve<&PlanUpdateMethod>},
      {"/twofold.v1.TwoFactorService/DeleteMethod", kManagement, &Serve<&PlanDeleteMethod>},
      {"/twofold.v1.TwoFactorService/DeleteBackupCodes", kManagement, &Serve<&PlanDeleteBackupCodes>},
      {"/twofold.v1.TwoFactorService/ResyncMethod", kLogin, &Serve<&PlanResyncMethod>},
      {"/twofold.v1.AdminService/UnlockSubject", kSupportToo, &Serve<&PlanUnlockSubject>},
      {"/twofold.v1.AdminService/ResetSubject", kAdministration, &Serve<&PlanResetSubject>},
      {"/twofold.v1.AdminService/ImportMethods", kAdministration, &ServeImportMethods},
      {"/twofold.v1.AdminService/ExportMethods", kAdministration, &ServeExportMethods},
      {"/twofold.v1.AdminService/RewrapSecrets", kAdministration, &ServeRewrapSecrets},
  };
  return table;
}

absl::Status CallContext::CheckTenantNow(absl::string_view tenant) const {
  return access.CheckTenant(caller, MethodTable()[method].roles, tenant);
}

bool CallContext::MayUseAllTenantsNow() const {
  return access.MayUseAllTenants(caller, MethodTable()[method].roles);
}

}  // namespace twofold
