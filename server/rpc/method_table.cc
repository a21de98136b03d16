#include "server/rpc/method_table.h"

#include <optional>
#include <utility>

#include "server/rpc/admin_streams.h"
#include "server/rpc/wire.h"
#include "server/rules/admin.h"
#include "server/rules/backup_codes.h"
#include "server/rules/challenge.h"
#include "server/rules/enroll.h"
#include "server/rules/grant.h"
#include "server/rules/methods.h"
#include "server/rules/prompt.h"
#include "server/rules/prompt_page.h"
#include "server/rules/verify.h"

namespace twofold {
namespace {

template <typename Request, typename Response>
using Plan = absl::StatusOr<Operation> (*)(const PlanContext&, const Request&, Response&);

// The page of a prompt names no subject. Its token or session does.
template <typename Request>
concept NamesSubject = requires(const Request& request) { request.user_id(); };

// For the audit log. A name that is malformed is cut to what an event may hold.
void NameSubject(const std::string& tenant, const std::string& user, CallFacts& facts) {
  facts.tenant = tenant.substr(0, kMaxNameSize);
  facts.user = user.substr(0, kMaxNameSize);
}

// Some requests need another role than others of the same RPC. The table then names both.
template <typename Request>
std::optional<Roles> RolesOf(const Request&) {
  return std::nullopt;
}

std::optional<Roles> RolesOf(const v1::StartChallengeRequest& request) {
  return Roles({request.for_change() ? Role::kManage : Role::kVerify});
}

// Whether the response gives its caller a code that the caller sends.
template <typename Response>
bool CarriesCode(const Response& response) {
  if constexpr (requires { response.sent(); }) return !response.sent().code().empty();
  return false;
}

std::optional<Roles> RolesOf(const v1::CreatePromptRequest& request) {
  return Roles({request.purpose() == v1::PROMPT_PURPOSE_SIGN_IN ? Role::kVerify : Role::kManage});
}

template <typename Request, typename Response>
Task<absl::Status> Answer(Plan<Request, Response> plan, CallContext call, const grpc::ByteBuffer& bytes,
                          grpc::ByteBuffer& answer) {
  Request request;
  Response response;
  const absl::Status parsed = ParseMessage(bytes, request);
  if (!parsed.ok()) co_return parsed;
  if constexpr (NamesSubject<Request>) {
    NameSubject(request.tenant(), request.user_id(), call.facts);
    // Before the names are checked: a caller learns nothing about tenants that are not its own.
    const absl::Status allowed = call.caller.CheckTenant(request.tenant());
    if (!allowed.ok()) co_return allowed;
  }
  const std::optional<Roles> roles = RolesOf(request);
  if (roles.has_value()) {
    const absl::Status has_role = call.caller.CheckRoles(*roles);
    if (!has_role.ok()) co_return has_role;
  }
  const CallerRights rights{call.caller.CheckRoles({Role::kDeliver}).ok(), call.caller.return_urls()};
  absl::StatusOr<Operation> operation =
      plan(call.engine.NewPlan(call.facts.caller, rights), request, response);
  if (!operation.ok()) co_return operation.status();
  if constexpr (!NamesSubject<Request>) {
    NameSubject(operation->subject.tenant, operation->subject.user, call.facts);
    const absl::Status allowed = call.caller.CheckTenant(operation->subject.tenant);
    if (!allowed.ok()) co_return allowed;
  }
  absl::Status status = co_await call.engine.Run(call.facts, *std::move(operation));
  // The policy may have been replaced meanwhile.
  if (status.ok() && roles.has_value()) status = call.access.CheckStill(call.caller, *roles, absl::nullopt);
  if (status.ok() && CarriesCode(response)) {
    status = call.access.CheckStill(call.caller, {Role::kDeliver}, absl::nullopt);
  }
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
  // The request says which of the two it needs.
  constexpr Roles kLoginOrManagement = {Role::kVerify, Role::kManage};
  constexpr Roles kPage = {Role::kPrompt};
  constexpr Roles kAdministration = {Role::kAdmin};
  constexpr Roles kSupportToo = {Role::kAdmin, Role::kSupport};
  static const auto& table = *new std::vector<Method>{
      {"/twofold.v1.TwoFactorService/Enroll", kManagement, &Serve<&PlanEnroll>},
      {"/twofold.v1.TwoFactorService/ConfirmEnrollment", kManagement, &Serve<&PlanConfirmEnrollment>},
      {"/twofold.v1.TwoFactorService/StartChallenge", kLoginOrManagement, &Serve<&PlanStartChallenge>},
      {"/twofold.v1.TwoFactorService/Verify", kLogin, &Serve<&PlanVerify>},
      {"/twofold.v1.TwoFactorService/ListMethods", kLogin, &Serve<&PlanListMethods>},
      {"/twofold.v1.TwoFactorService/RotateBackupCodes", kManagement, &Serve<&PlanRotateBackupCodes>},
      {"/twofold.v1.TwoFactorService/UpdateMethod", kManagement, &Serve<&PlanUpdateMethod>},
      {"/twofold.v1.TwoFactorService/DeleteMethod", kManagement, &Serve<&PlanDeleteMethod>},
      {"/twofold.v1.TwoFactorService/DeleteBackupCodes", kManagement, &Serve<&PlanDeleteBackupCodes>},
      {"/twofold.v1.TwoFactorService/ResyncMethod", kLogin, &Serve<&PlanResyncMethod>},
      {"/twofold.v1.TwoFactorService/CheckGrant", kLogin, &Serve<&PlanCheckGrant>},
      {"/twofold.v1.TwoFactorService/RevokeGrants", kManagement, &Serve<&PlanRevokeGrants>},
      {"/twofold.v1.PromptService/CreatePrompt", kLoginOrManagement, &Serve<&PlanCreatePrompt>},
      {"/twofold.v1.PromptService/RedeemPrompt", kLoginOrManagement, &Serve<&PlanRedeemPrompt>},
      {"/twofold.v1.PromptService/CancelPrompt", kLoginOrManagement, &Serve<&PlanCancelPrompt>},
      {"/twofold.v1.PromptPageService/OpenPrompt", kPage, &Serve<&PlanOpenPrompt>},
      {"/twofold.v1.PromptPageService/GetPrompt", kPage, &Serve<&PlanGetPrompt>},
      {"/twofold.v1.PromptPageService/ActOnPrompt", kPage, &Serve<&PlanActOnPrompt>},
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
