#ifndef TWOFOLD_SERVER_RULES_VERIFY_H_
#define TWOFOLD_SERVER_RULES_VERIFY_H_

#include "server/rules/operation.h"
#include "twofold/v1/two_factor_service.pb.h"

namespace twofold {

absl::StatusOr<Operation> PlanVerify(const PlanContext& plan, const v1::VerifyRequest& request,
                                     v1::VerifyResponse& response);

// A login by two consecutive codes, which also sets the method's clock or counter right.
absl::StatusOr<Operation> PlanResyncMethod(const PlanContext& plan, const v1::ResyncMethodRequest& request,
                                           v1::ResyncMethodResponse& response);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RULES_VERIFY_H_
