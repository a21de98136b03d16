#include "server/rules/grant.h"

#include <algorithm>

#include "common/status_macros.h"
#include "server/errors.h"
#include "server/rules/grant_record.h"
#include "server/rules/rate_limits.h"
#include "server/rules/record.h"

namespace twofold {
namespace {

using internal::v1::Grant;
using internal::v1::PastRequest;

constexpr size_t kMaxTokenSize = 256;
constexpr int64_t kUseWrittenEvery = kMillisPerDay;

absl::Status Check(const RuleContext& context, absl::string_view caller, absl::string_view token,
                   Draft& draft, v1::CheckGrantResponse& response) {
  Grant* const grant = FindGrant(context, caller, token, draft);
  if (grant == nullptr) return GrantRejectedError();
  if (context.now - grant->last_used_time() >= kUseWrittenEvery) {
    grant->set_last_used_time(context.now);
    draft.changed = true;
  }
  draft.method_id = grant->method_id();
  draft.grant_id = grant->grant_id();
  *response.mutable_grant() = ShowGrant(*grant);
  *response.mutable_method() = ShowMethod(context.authenticators, draft.record, grant->method_id());
  return absl::OkStatus();
}

absl::Status Revoke(const std::string& grant_id, Draft& draft, v1::RevokeGrantsResponse& response) {
  if (draft.version == kAbsent) return absl::OkStatus();
  auto& grants = *draft.record.mutable_grants();
  int revoked = 0;
  if (grant_id.empty()) {
    revoked = EndGrants(draft.record);
  } else {
    const auto first = std::remove_if(grants.begin(), grants.end(),
                                      [&](const Grant& grant) { return grant.grant_id() == grant_id; });
    revoked = static_cast<int>(grants.end() - first);
    grants.erase(first, grants.end());
  }
  response.set_revoked_count(revoked);
  if (revoked > 0) draft.grant_id = grant_id;
  draft.answered.emplace().set_count(revoked);
  draft.changed = true;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Operation> PlanCheckGrant(const PlanContext& plan, const v1::CheckGrantRequest& request,
                                         v1::CheckGrantResponse& response) {
  TWOFOLD_ASSIGN_OR_RETURN(Operation operation,
                           NewOperation(plan, request, request.tenant(), request.user_id(), "", response));
  if (request.grant().empty()) return InvalidRequestError("grant", "is required");
  if (request.grant().size() > kMaxTokenSize) return InvalidRequestError("grant", "is too long");
  TWOFOLD_ASSIGN_OR_RETURN(const ClientAddress address, CheckClientAddress(request.client_address()));
  operation.client_address = address.network;
  operation.buckets = GrantBuckets(plan.limits, operation.subject, address);
  operation.decide = [&request, &response, caller = std::string(plan.caller)](const RuleContext& context,
                                                                              Draft& draft) {
    return OrWork<absl::Status>(Check(context, caller, request.grant(), draft, response));
  };
  return operation;
}

absl::StatusOr<Operation> PlanRevokeGrants(const PlanContext& plan, const v1::RevokeGrantsRequest& request,
                                           v1::RevokeGrantsResponse& response) {
  TWOFOLD_ASSIGN_OR_RETURN(Operation operation, NewOperation(plan, request, response));
  if (request.grant_id().size() > kMaxMethodIdSize) return InvalidRequestError("grant_id", "is too long");
  operation.buckets = WriteBuckets(plan.limits, operation.subject, ClientAddress());
  operation.decide = [&request, &response](const RuleContext&, Draft& draft) {
    return OrWork<absl::Status>(Revoke(request.grant_id(), draft, response));
  };
  operation.repeat = [&response](const RuleContext&, const PastRequest& past, const Draft&) {
    response.set_revoked_count(past.count());
    return OrWork<absl::Status>(absl::OkStatus());
  };
  return operation;
}

}  // namespace twofold
