#ifndef TWOFOLD_SERVER_RULES_PORTABLE_H_
#define TWOFOLD_SERVER_RULES_PORTABLE_H_

#include "server/rules/operation.h"
#include "twofold/v1/admin_service.pb.h"

// Methods that come from another system, or leave for one. Pure functions.

namespace twofold {

// Stores a method, active or disabled at once. `result` gets the outcome IMPORTED, or UNCHANGED if
// the subject has the same method. The operation fails with DUPLICATE_SECRET if the subject has its
// secret with other parameters. With `dry_run` nothing is stored.
absl::StatusOr<Operation> PlanImport(const PlanContext& plan, const v1::PortableMethod& portable,
                                     bool dry_run, v1::ImportResult& result);

// Returns a confirmed method of the context's subject with its secret in the open. The error is
// that of a secret that does not open.
absl::StatusOr<v1::PortableMethod> ExportMethod(const MethodContext& context,
                                                const Authenticators& authenticators,
                                                const internal::v1::Method& method);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RULES_PORTABLE_H_
