#include "server/rules/operation.h"

#include "common/status_macros.h"
#include "server/rules/idempotency.h"
#include "server/rules/rate_limits.h"

namespace twofold {

absl::StatusOr<Operation> NewOperation(const PlanContext& plan, const google::protobuf::Message& request,
                                       const std::string& tenant, const std::string& user_id,
                                       const std::string& request_id, google::protobuf::Message& response) {
  TWOFOLD_ASSIGN_OR_RETURN(Subject subject, CheckSubject(tenant, user_id));
  TWOFOLD_RETURN_IF_ERROR(CheckRequestId(request_id));
  Operation operation(std::move(subject));
  if (!request_id.empty()) {
    operation.request = MakeRequestKey(plan.caller, request.GetDescriptor()->full_name(), request_id,
                                       request.SerializeAsString());
  }
  operation.keys = plan.keys;
  operation.now = plan.now;
  operation.response = &response;
  return operation;
}

absl::Status LimitPresented(const PlanContext& plan, const Presented& presented,
                            const std::string& client_address, Operation& operation) {
  TWOFOLD_ASSIGN_OR_RETURN(const ClientAddress address, CheckClientAddress(client_address));
  operation.client_address = address.network;
  operation.buckets = PresentedBuckets(plan.limits, operation.subject, presented, address);
  return absl::OkStatus();
}

absl::StatusOr<std::optional<Presented>> PlanProof(const PlanContext& plan, const std::string& proof_code,
                                                   const std::string& client_address, Operation& operation) {
  if (!proof_code.empty()) {
    TWOFOLD_ASSIGN_OR_RETURN(Presented proof, CheckCode("proof_code", proof_code));
    TWOFOLD_RETURN_IF_ERROR(LimitPresented(plan, proof, client_address, operation));
    return proof;
  }
  TWOFOLD_ASSIGN_OR_RETURN(const ClientAddress address, CheckClientAddress(client_address));
  operation.client_address = address.network;
  operation.buckets = WriteBuckets(plan.limits, operation.subject, address);
  return std::optional<Presented>();
}

}  // namespace twofold
