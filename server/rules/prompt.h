#ifndef TWOFOLD_SERVER_RULES_PROMPT_H_
#define TWOFOLD_SERVER_RULES_PROMPT_H_

#include "server/rules/operation.h"
#include "twofold/v1/prompt_service.pb.h"

namespace twofold {

// What a service does with prompts.
absl::StatusOr<Operation> PlanCreatePrompt(const PlanContext& plan, const v1::CreatePromptRequest& request,
                                           v1::CreatePromptResponse& response);
absl::StatusOr<Operation> PlanRedeemPrompt(const PlanContext& plan, const v1::RedeemPromptRequest& request,
                                           v1::RedeemPromptResponse& response);
absl::StatusOr<Operation> PlanCancelPrompt(const PlanContext& plan, const v1::CancelPromptRequest& request,
                                           v1::CancelPromptResponse& response);

// Null if the record has no such prompt.
internal::v1::Prompt* FindPrompt(internal::v1::SubjectRecord& record, absl::string_view prompt_id);
void RemovePrompt(internal::v1::SubjectRecord& record, absl::string_view prompt_id);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RULES_PROMPT_H_
