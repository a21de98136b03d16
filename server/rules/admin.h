#ifndef TWOFOLD_SERVER_RULES_ADMIN_H_
#define TWOFOLD_SERVER_RULES_ADMIN_H_

#include "server/rules/operation.h"
#include "twofold/v1/admin_service.pb.h"

// What an administrator may do without the user's proof. These calls pass no rate limit.

namespace twofold {

absl::StatusOr<Operation> PlanUnlockSubject(const PlanContext& plan, const v1::UnlockSubjectRequest& request,
                                            v1::UnlockSubjectResponse& response);

absl::StatusOr<Operation> PlanResetSubject(const PlanContext& plan, const v1::ResetSubjectRequest& request,
                                           v1::ResetSubjectResponse& response);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RULES_ADMIN_H_
