#ifndef TWOFOLD_SERVER_RULES_CHALLENGE_H_
#define TWOFOLD_SERVER_RULES_CHALLENGE_H_

#include "server/rules/operation.h"

namespace twofold {

// Makes a challenge for the methods of one type that the request allows: the default method and, for
// security keys, all others of its type. A code is sent for some types. Nothing is stored.
absl::StatusOr<Operation> PlanStartChallenge(const PlanContext& plan,
                                             const v1::StartChallengeRequest& request,
                                             v1::StartChallengeResponse& response);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RULES_CHALLENGE_H_
