#ifndef TWOFOLD_SERVER_RULES_GRANT_RECORD_H_
#define TWOFOLD_SERVER_RULES_GRANT_RECORD_H_

#include <optional>
#include <string>

#include "server/rules/context.h"
#include "twofold/v1/grant.pb.h"

// Grants, by which a user is remembered on a device. Pure functions.

namespace twofold {

inline constexpr int kMaxGrants = 10;

// Adds a grant for `caller` to the record, and returns it with its token. The grant that was not used for
// longest goes where there is no room. `method_id` is the method with which the user passed.
v1::NewGrant AddGrant(const RuleContext& context, const std::string& caller, const v1::Remember& remember,
                      const std::string& method_id, internal::v1::SubjectRecord& record);

// Returns the grant of the record that `token` belongs to and that `caller` may present. Null if there is
// none, and draft.cause says why. A grant whose secret does not open counts as none.
internal::v1::Grant* FindGrant(const RuleContext& context, absl::string_view caller, absl::string_view token,
                               Draft& draft);

// Whether a login by this method may be remembered. Backup codes stand in for a device that is lost.
bool MayBeRemembered(absl::string_view method_id);

// Ends all grants, and what a prompt would still make. Returns the number of grants.
int EndGrants(internal::v1::SubjectRecord& record);

v1::Grant ShowGrant(const internal::v1::Grant& grant);

// Keeps the token of a response for its repetition (server/rules/idempotency.h).
void RememberGrant(const RuleContext& context, const v1::NewGrant& grant,
                   internal::v1::PastRequest& answered);
// Returns it again. nullopt: the call made no grant, or the grant is over. The errors are those of OpenCodes.
absl::StatusOr<std::optional<v1::NewGrant>> RepeatGrant(const RuleContext& context,
                                                        const internal::v1::PastRequest& past,
                                                        const internal::v1::SubjectRecord& record);

// Seals a grant again where an older key than the primary sealed it. Returns whether that was needed. The
// error is that of UnsealError.
absl::StatusOr<bool> ResealGrantIfOld(const MethodContext& context, internal::v1::Grant& grant);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RULES_GRANT_RECORD_H_
