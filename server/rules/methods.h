#ifndef TWOFOLD_SERVER_RULES_METHODS_H_
#define TWOFOLD_SERVER_RULES_METHODS_H_

#include "server/rules/operation.h"
#include "twofold/v1/two_factor_service.pb.h"

namespace twofold {

// Changes nothing.
absl::StatusOr<Operation> PlanListMethods(const PlanContext& plan, const v1::ListMethodsRequest& request,
                                          v1::ListMethodsResponse& response);

absl::StatusOr<Operation> PlanUpdateMethod(const PlanContext& plan, const v1::UpdateMethodRequest& request,
                                           v1::UpdateMethodResponse& response);

absl::StatusOr<Operation> PlanDeleteMethod(const PlanContext& plan, const v1::DeleteMethodRequest& request,
                                           v1::DeleteMethodResponse& response);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RULES_METHODS_H_
