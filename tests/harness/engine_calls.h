#ifndef TWOFOLD_TESTS_HARNESS_ENGINE_CALLS_H_
#define TWOFOLD_TESTS_HARNESS_ENGINE_CALLS_H_

#include <utility>

#include "absl/status/statusor.h"
#include "common/task.h"
#include "server/engine/engine.h"
#include "server/rules/admin.h"
#include "server/rules/backup_codes.h"
#include "server/rules/challenge.h"
#include "server/rules/enroll.h"
#include "server/rules/grant.h"
#include "server/rules/methods.h"
#include "server/rules/portable.h"
#include "server/rules/prompt.h"
#include "server/rules/prompt_page.h"
#include "server/rules/verify.h"

// Calls to an engine by request messages, without the RPC edge.

namespace twofold {

template <typename Request, typename Response>
Response ResponseOf(absl::StatusOr<Operation> (*)(const PlanContext&, const Request&, Response&));

#define TWOFOLD_RPC(name)                                                                          \
  inline absl::StatusOr<Operation> Plan(const PlanContext& plan, const v1::name##Request& request, \
                                        decltype(ResponseOf(&Plan##name))& response) {             \
    return Plan##name(plan, request, response);                                                    \
  }                                                                                                \
  decltype(ResponseOf(&Plan##name)) ResponseTo(const v1::name##Request&)

TWOFOLD_RPC(Enroll);
TWOFOLD_RPC(ConfirmEnrollment);
TWOFOLD_RPC(StartChallenge);
TWOFOLD_RPC(Verify);
TWOFOLD_RPC(ListMethods);
TWOFOLD_RPC(RotateBackupCodes);
TWOFOLD_RPC(UpdateMethod);
TWOFOLD_RPC(DeleteMethod);
TWOFOLD_RPC(DeleteBackupCodes);
TWOFOLD_RPC(ResyncMethod);
TWOFOLD_RPC(CheckGrant);
TWOFOLD_RPC(RevokeGrants);
TWOFOLD_RPC(CreatePrompt);
TWOFOLD_RPC(RedeemPrompt);
TWOFOLD_RPC(CancelPrompt);
TWOFOLD_RPC(OpenPrompt);
TWOFOLD_RPC(GetPrompt);
TWOFOLD_RPC(ActOnPrompt);
TWOFOLD_RPC(UnlockSubject);
TWOFOLD_RPC(ResetSubject);

#undef TWOFOLD_RPC

// One method of an import, as if it were a call.
inline absl::StatusOr<Operation> Plan(const PlanContext& plan, const v1::PortableMethod& portable,
                                      v1::ImportResult& result) {
  return PlanImport(plan, portable, /*dry_run=*/false, result);
}
v1::ImportResult ResponseTo(const v1::PortableMethod&);

// Answers one request. `engine`, `facts` and `request` outlive the flow.
template <typename Request>
auto Handle(Engine& engine, CallFacts& facts, const Request& request, CallerRights rights = {})
    -> Task<absl::StatusOr<decltype(ResponseTo(request))>> {
  decltype(ResponseTo(request)) response;
  absl::StatusOr<Operation> operation = Plan(engine.NewPlan(facts.caller, rights), request, response);
  if (!operation.ok()) co_return operation.status();
  auto flow = engine.Run(facts, *std::move(operation));
  const absl::Status status = co_await std::move(flow);
  if (!status.ok()) co_return status;
  co_return response;
}

}  // namespace twofold

#endif  // TWOFOLD_TESTS_HARNESS_ENGINE_CALLS_H_
