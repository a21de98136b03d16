#ifndef TWOFOLD_CLIENTS_PROMPT_SCREENS_SIGN_IN_H_
#define TWOFOLD_CLIENTS_PROMPT_SCREENS_SIGN_IN_H_

#include <vector>

#include "clients/prompt/screens/screen.h"

namespace twofold {

// The methods by which the user can pass this prompt now, the best first. A prompt for changes takes no
// restricted method, because none is a proof.
std::vector<const v1::Method*> UsableMethods(const v1::PromptView& view);

// The screen on which the user passes `method`. Null: no method can be used. A method whose check the lock
// stops shows how long it lasts.
Drawn DrawSignIn(const Screen& screen, const v1::Method* method);

// The same when there is a challenge: the options for a security key, or the code that was sent.
Drawn DrawChallenge(const Screen& screen, const v1::Method& method,
                    const v1::StartChallengeResponse& challenge);

// The code of the challenge is asked for once more, without what StartChallenge said about it.
Drawn DrawSentCode(const Screen& screen, const v1::Method& method, absl::string_view challenge_id,
                   absl::Time resend_time);

// The list of all usable methods, and what to do without any of them.
Drawn DrawOtherWays(const Screen& screen);
Drawn DrawLostAll(const Screen& screen);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_PROMPT_SCREENS_SIGN_IN_H_
