#ifndef TWOFOLD_SERVER_METHODS_CHALLENGE_H_
#define TWOFOLD_SERVER_METHODS_CHALLENGE_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "server/methods/authenticator.h"
#include "twofold/internal/v1/challenge.pb.h"

// Challenges that the server makes and does not store. The challenge id is a sealed token, so every
// server with the key ring can open it, and no number of challenges fills a record.
//
// A challenge is used once. An accepted answer raises `challenges_used_until` in the subject's record
// to the time at which the challenge was issued. Challenges of that time or earlier are used from then
// on. All functions are pure and thread-safe.

namespace twofold {

// How far the clocks of servers may differ. A server whose clock is further off does not serve.
inline constexpr int64_t kClockTolerance = 5 * kMillisPerSecond;

// How long a challenge can be answered. A code on its way by message has longer, and no more than NIST
// SP 800-63B-4 section 3.1.3.2 allows.
inline constexpr int64_t kChallengeLifetime = 300 * kMillisPerSecond;
inline constexpr int64_t kSentCodeLifetime = 600 * kMillisPerSecond;

// Returns the challenge id of `token`, in base64url without padding. It is bound to the context's
// subject.
std::string SealChallenge(const MethodContext& context, const internal::v1::ChallengeToken& token);

// Returns the token of `challenge_id`. The token is empty, and no method can answer it, unless the id
// was made for this caller, this subject and this ceremony. It may have expired.
internal::v1::ChallengeToken OpenChallenge(const MethodContext& context, absl::string_view caller,
                                           internal::v1::ChallengeToken::Ceremony ceremony,
                                           absl::string_view challenge_id);

// Returns whether `method_id` is one of the methods that may answer.
bool MayAnswer(const internal::v1::ChallengeToken& token, absl::string_view method_id);

// Returns why `method` cannot answer `token` at this time: kNoChallenge, kReplayed or kClockBehind.
// Returns nullopt if it can.
std::optional<CheckResult::Outcome> WhyUnanswerable(const MethodContext& context,
                                                    const internal::v1::ChallengeToken& token,
                                                    const internal::v1::Method& method);

// Returns the challenge that `presented` answers. Null if it answers none.
const internal::v1::ChallengeToken* ChallengeOf(const Presented& presented);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_METHODS_CHALLENGE_H_
