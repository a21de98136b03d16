#ifndef TWOFOLD_CLIENTS_CLI_METHOD_TEXT_H_
#define TWOFOLD_CLIENTS_CLI_METHOD_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "twofold/v1/method.pb.h"
#include "twofold/v1/two_factor_service.pb.h"

namespace twofold {

// Returns the method's id and, in quotes, its description, for use in a sentence.
std::string MethodName(const v1::Method& method);

// Returns which method accepted, what a security key says of the login, and a warning if few backup codes are
// left.
std::string VerifiedText(const v1::VerifyResponse& response);

// Returns a table of the methods, with the default one marked, and whether the user is locked.
// `user` is the name for messages.
std::string MethodsText(const v1::ListMethodsResponse& response, absl::string_view user);

// Returns the authenticator whose deletion would turn the second factor off. Returns null if other
// authenticators remain, or if `method_id` is not a confirmed one.
const v1::Method* LastAuthenticator(const v1::ListMethodsResponse& response, absl::string_view method_id);

// Returns a question that says what the deletion of that authenticator removes too.
std::string LastAuthenticatorQuestion(const v1::ListMethodsResponse& response,
                                      const v1::Method& authenticator, absl::string_view user);

// Returns which methods are gone and which remain.
std::string DeletedText(const v1::DeleteMethodResponse& response, absl::string_view method_id);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_CLI_METHOD_TEXT_H_
