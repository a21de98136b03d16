#ifndef TWOFOLD_SERVER_RULES_BACKUP_CODES_H_
#define TWOFOLD_SERVER_RULES_BACKUP_CODES_H_

#include "server/rules/operation.h"
#include "twofold/v1/two_factor_service.pb.h"

namespace twofold {

absl::StatusOr<Operation> PlanRotateBackupCodes(const PlanContext& plan,
                                                const v1::RotateBackupCodesRequest& request,
                                                v1::RotateBackupCodesResponse& response);

absl::StatusOr<Operation> PlanDeleteBackupCodes(const PlanContext& plan,
                                                const v1::DeleteBackupCodesRequest& request,
                                                v1::DeleteBackupCodesResponse& response);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RULES_BACKUP_CODES_H_
