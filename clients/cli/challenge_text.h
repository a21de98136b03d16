#ifndef TWOFOLD_CLIENTS_CLI_CHALLENGE_TEXT_H_
#define TWOFOLD_CLIENTS_CLI_CHALLENGE_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "twofold/v1/two_factor_service.pb.h"

namespace twofold {

// Returns where a code went, in lines. The code is among them if the server gives it to its caller.
std::string SentText(const v1::SentCode& sent);

// Returns what is needed to answer the challenge.
std::string ChallengeText(const v1::StartChallengeResponse& response);

// Returns two lines that say how a page makes a credential from the options of an enrolment, and that
// `where` takes it. The lines are for a person.
std::string RegistrationHelp(absl::string_view where);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_CLI_CHALLENGE_TEXT_H_
