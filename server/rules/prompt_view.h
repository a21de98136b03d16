#ifndef TWOFOLD_SERVER_RULES_PROMPT_VIEW_H_
#define TWOFOLD_SERVER_RULES_PROMPT_VIEW_H_

#include "server/rules/context.h"
#include "twofold/internal/v1/prompt_token.pb.h"
#include "twofold/v1/prompt_page_service.pb.h"

namespace twofold {

// The prompt of a session as long as it can be used: it has been opened with this session, it has not
// expired, and the browser has not left. Null otherwise.
const internal::v1::Prompt* FindOpenPrompt(const internal::v1::SubjectRecord& record,
                                           const internal::v1::PromptToken& session, UnixMillis now);

// Whether the user must pass a method before methods can be changed.
bool NeedsProof(const internal::v1::SubjectRecord& record, const internal::v1::Prompt& prompt);

// What the page shows.
v1::PromptView ShowPrompt(const RuleContext& context, const internal::v1::SubjectRecord& record,
                          const internal::v1::Prompt& prompt, const v1::CreatePromptRequest& asked);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RULES_PROMPT_VIEW_H_
