#ifndef TWOFOLD_SERVER_RULES_GRANT_H_
#define TWOFOLD_SERVER_RULES_GRANT_H_

#include "server/rules/operation.h"
#include "twofold/v1/two_factor_service.pb.h"

namespace twofold {

// A grant cannot be guessed, so it is checked under every lock and charges nothing. Its use is written at
// most once a day.
absl::StatusOr<Operation> PlanCheckGrant(const PlanContext& plan, const v1::CheckGrantRequest& request,
                                         v1::CheckGrantResponse& response);
absl::StatusOr<Operation> PlanRevokeGrants(const PlanContext& plan, const v1::RevokeGrantsRequest& request,
                                           v1::RevokeGrantsResponse& response);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RULES_GRANT_H_
