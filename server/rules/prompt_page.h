#ifndef TWOFOLD_SERVER_RULES_PROMPT_PAGE_H_
#define TWOFOLD_SERVER_RULES_PROMPT_PAGE_H_

#include "server/rules/operation.h"
#include "twofold/v1/prompt_page_service.pb.h"

namespace twofold {

// What the page of a prompt does for its user. The token and the session say whose prompt it is, so no
// request names a subject. An action is carried out by the rule of the call that does the same, and the
// prompt goes on in the same write. PROMPT_NOT_FOUND: the token or the session is not, or no longer, good.
absl::StatusOr<Operation> PlanOpenPrompt(const PlanContext& plan, const v1::OpenPromptRequest& request,
                                         v1::OpenPromptResponse& response);
absl::StatusOr<Operation> PlanGetPrompt(const PlanContext& plan, const v1::GetPromptRequest& request,
                                        v1::GetPromptResponse& response);
absl::StatusOr<Operation> PlanActOnPrompt(const PlanContext& plan, const v1::ActOnPromptRequest& request,
                                          v1::ActOnPromptResponse& response);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RULES_PROMPT_PAGE_H_
