#ifndef TWOFOLD_SERVER_RULES_PROMPT_TOKEN_H_
#define TWOFOLD_SERVER_RULES_PROMPT_TOKEN_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "server/rules/operation.h"
#include "twofold/internal/v1/prompt_token.pb.h"

// The texts that a browser carries for a prompt: the token of the link, the session of the page and the
// code with which it goes back. Pure functions.

namespace twofold {

// Seals a token as base64url. Its length is below 4,000 characters, because a cookie has no more.
std::string SealPromptToken(const KeyRing& ring, Random& random, const internal::v1::PromptToken& token);

// Returns nullopt if the text was not sealed by this server or another one with its key ring.
std::optional<internal::v1::PromptToken> OpenPromptToken(const KeyRing& ring, absl::string_view text);

// What follows the # of a link: the prompt id, a dot and the sealed token. The page reads the id to find
// its own cookie when the same browser opens the link again.
std::string SealPromptLink(const KeyRing& ring, Random& random, const internal::v1::PromptToken& token);

// Returns nullopt as OpenPromptToken does, and for a session or an id that is not the token's.
std::optional<internal::v1::PromptToken> OpenPromptLink(const KeyRing& ring, absl::string_view text);

// Returns the code of a satisfied prompt: 128 bits that only a server with the key ring can tell. It is
// the same each time, so a repeated answer can show it again.
std::string PromptCode(const KeyRing& ring, const internal::v1::Prompt& prompt);

// Returns whether `code` is that of the prompt. Takes the same time wherever they differ.
bool IsPromptCode(const KeyRing& ring, const internal::v1::Prompt& prompt, absl::string_view code);

// Returns the return URL of `request` with `name`=`value` and the state.
std::string ReturnTo(const v1::CreatePromptRequest& request, absl::string_view name, absl::string_view value);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RULES_PROMPT_TOKEN_H_
