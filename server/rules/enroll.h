#ifndef TWOFOLD_SERVER_RULES_ENROLL_H_
#define TWOFOLD_SERVER_RULES_ENROLL_H_

#include "server/rules/operation.h"
#include "twofold/v1/two_factor_service.pb.h"

namespace twofold {

absl::StatusOr<Operation> PlanEnroll(const PlanContext& plan, const v1::EnrollRequest& request,
                                     v1::EnrollResponse& response);

absl::StatusOr<Operation> PlanConfirmEnrollment(const PlanContext& plan,
                                                const v1::ConfirmEnrollmentRequest& request,
                                                v1::ConfirmEnrollmentResponse& response);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RULES_ENROLL_H_
