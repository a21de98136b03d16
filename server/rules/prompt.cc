#include "server/rules/prompt.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "crypto/random_id.h"
#include "google/protobuf/util/time_util.h"
#include "server/access/return_url.h"
#include "server/errors.h"
#include "server/methods/backup_codes/backup_codes.h"
#include "server/methods/display_text.h"
#include "server/rules/grant_record.h"
#include "server/rules/prompt_token.h"
#include "server/rules/rate_limits.h"
#include "server/rules/record.h"

namespace twofold {
namespace {

using google::protobuf::util::TimeUtil;
using internal::v1::PastRequest;
using internal::v1::Prompt;
using internal::v1::PromptToken;
using internal::v1::SubjectRecord;

constexpr int kMaxPrompts = 3;
constexpr int kMinTtlSeconds = 60;
constexpr int kMaxTtlSeconds = 1800;
constexpr int kDefaultTtlSeconds = 600;
constexpr size_t kMinStateSize = 16;
// Return URL, state and texts travel in one cookie.
constexpr size_t kMaxStateSize = 512;
constexpr size_t kMaxDisplayNameSize = 64;
constexpr size_t kMaxAccountNameSize = 255;
constexpr size_t kMaxTransactionSize = 500;
constexpr size_t kMaxLocaleSize = 35;

absl::Status CheckState(const std::string& state) {
  const auto plain = [](char c) { return absl::ascii_isgraph(static_cast<unsigned char>(c)); };
  if (state.size() >= kMinStateSize && state.size() <= kMaxStateSize &&
      std::all_of(state.begin(), state.end(), plain)) {
    return absl::OkStatus();
  }
  return InvalidRequestError("state", absl::StrCat("must be ", kMinStateSize, " to ", kMaxStateSize,
                                                   " printable ASCII characters without spaces"));
}

absl::Status CheckLocale(const std::string& locale) {
  const auto plain = [](char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-'; };
  if (locale.size() <= kMaxLocaleSize && std::all_of(locale.begin(), locale.end(), plain))
    return absl::OkStatus();
  return InvalidRequestError("locale", "must be a language tag, such as de or en-GB");
}

absl::Status CheckForm(const PlanContext& plan, const v1::CreatePromptRequest& request) {
  if (plan.prompt_url.empty())
    return InvalidRequestError("purpose", "prompts are not switched on at this server");
  if (request.purpose() == v1::PROMPT_PURPOSE_UNSPECIFIED || !v1::PromptPurpose_IsValid(request.purpose())) {
    return InvalidRequestError("purpose", "is required");
  }
  const absl::Status allowed = plan.rights.return_urls == nullptr
                                   ? ParseReturnUrl(request.return_url()).status()
                                   : CheckReturnUrl(request.return_url(), *plan.rights.return_urls);
  if (!allowed.ok()) return ReturnUrlNotAllowedError(allowed.message());
  TWOFOLD_RETURN_IF_ERROR(CheckState(request.state()));
  TWOFOLD_RETURN_IF_ERROR(CheckDisplayText("display_name", request.display_name(), kMaxDisplayNameSize));
  TWOFOLD_RETURN_IF_ERROR(CheckDisplayText("account_name", request.account_name(), kMaxAccountNameSize));
  TWOFOLD_RETURN_IF_ERROR(
      CheckDisplayText("transaction_text", request.transaction_text(), kMaxTransactionSize));
  TWOFOLD_RETURN_IF_ERROR(CheckLocale(request.locale()));
  TWOFOLD_RETURN_IF_ERROR(CheckAllowedTypes(request.allowed_types()));
  if (request.has_remember()) {
    if (request.purpose() != v1::PROMPT_PURPOSE_SIGN_IN) {
      return InvalidRequestError("remember", "goes with PROMPT_PURPOSE_SIGN_IN");
    }
    TWOFOLD_RETURN_IF_ERROR(CheckRemember(request.remember()));
  }
  const int ttl = request.ttl_seconds();
  if (ttl != 0 && (ttl < kMinTtlSeconds || ttl > kMaxTtlSeconds)) {
    return InvalidRequestError("ttl_seconds",
                               absl::StrCat("must be ", kMinTtlSeconds, " to ", kMaxTtlSeconds));
  }
  return absl::OkStatus();
}

void Show(const RuleContext& context, const v1::CreatePromptRequest& request, const std::string& prompt_url,
          const Prompt& prompt, const SubjectRecord& record, v1::CreatePromptResponse& response) {
  PromptToken token;
  token.set_tenant(request.tenant());
  token.set_user(request.user_id());
  token.set_prompt_id(prompt.prompt_id());
  *token.mutable_request() = request;
  token.mutable_request()->clear_tenant();
  token.mutable_request()->clear_user_id();
  token.mutable_request()->clear_request_id();
  response.set_prompt_id(prompt.prompt_id());
  response.set_url(absl::StrCat(prompt_url, "/start#", SealPromptLink(context.ring, context.random, token)));
  *response.mutable_expire_time() = TimeUtil::MillisecondsToTimestamp(prompt.expire_time());
  response.set_required(HasConfirmedDevice(record));
}

absl::Status Create(const RuleContext& context, const v1::CreatePromptRequest& request, Prompt prompt,
                    const std::string& prompt_url, Draft& draft, v1::CreatePromptResponse& response) {
  auto& prompts = *draft.record.mutable_prompts();
  // The oldest one that nobody has opened goes first.
  if (prompts.size() >= kMaxPrompts) {
    const auto unopened = std::find_if(prompts.begin(), prompts.end(), [](const Prompt& other) {
      return other.state() == Prompt::STATE_CREATED;
    });
    prompts.erase(unopened == prompts.end() ? prompts.begin() : unopened);
  }
  Show(context, request, prompt_url, prompt, draft.record, response);
  draft.answered.emplace();
  // The answer of a repetition is about the same prompt.
  draft.method_id = prompt.prompt_id();
  *prompts.Add() = std::move(prompt);
  draft.changed = true;
  return absl::OkStatus();
}

// Makes the grant that the user asked for.
void Remember(const RuleContext& context, Prompt& prompt, Draft& draft, v1::RedeemPromptResponse& response) {
  if (prompt.remember_seconds() <= 0) return;
  v1::Remember remember;
  remember.set_max_age_seconds(prompt.remember_seconds());
  remember.set_description(prompt.device_description());
  prompt.clear_remember_seconds();
  v1::NewGrant& grant = *response.mutable_new_grant();
  grant = AddGrant(context, prompt.caller(), remember, prompt.method_id(), draft.record);
  draft.grant_id = grant.grant().grant_id();
}

absl::Status Redeem(const RuleContext& context, const std::string& caller,
                    const v1::RedeemPromptRequest& request, Draft& draft,
                    v1::RedeemPromptResponse& response) {
  Prompt* const prompt = FindPrompt(draft.record, request.prompt_id());
  if (prompt == nullptr || prompt->state() != Prompt::STATE_SATISFIED || prompt->caller() != caller ||
      prompt->code_expire_time() <= context.now || !IsPromptCode(context.ring, *prompt, request.code())) {
    return PromptNotSatisfiedError();
  }
  prompt->set_state(Prompt::STATE_REDEEMED);
  response.set_purpose(static_cast<v1::PromptPurpose>(prompt->purpose()));
  if (!prompt->method_id().empty()) {
    *response.mutable_method() = ShowMethod(context.authenticators, draft.record, prompt->method_id());
  }
  if (prompt->verify_time() != 0) {
    *response.mutable_verify_time() = TimeUtil::MillisecondsToTimestamp(prompt->verify_time());
  }
  response.set_user_verified(prompt->user_verified());
  *response.mutable_enrolled_method_ids() = prompt->enrolled_method_ids();
  const int remaining = RemainingBackupCodes(FindBackupCodes(draft.record));
  response.set_backup_codes_remaining(remaining);
  response.set_backup_codes_low(remaining <= context.limits.backup_codes_low);
  Remember(context, *prompt, draft, response);
  draft.method_id = prompt->method_id();
  draft.changed = true;
  return absl::OkStatus();
}

}  // namespace

Prompt* FindPrompt(SubjectRecord& record, absl::string_view prompt_id) {
  for (Prompt& prompt : *record.mutable_prompts()) {
    if (prompt.prompt_id() == prompt_id) return &prompt;
  }
  return nullptr;
}

void RemovePrompt(SubjectRecord& record, absl::string_view prompt_id) {
  auto& prompts = *record.mutable_prompts();
  prompts.erase(std::remove_if(prompts.begin(), prompts.end(),
                               [&](const Prompt& prompt) { return prompt.prompt_id() == prompt_id; }),
                prompts.end());
}

absl::StatusOr<Operation> PlanCreatePrompt(const PlanContext& plan, const v1::CreatePromptRequest& request,
                                           v1::CreatePromptResponse& response) {
  TWOFOLD_ASSIGN_OR_RETURN(Operation operation, NewOperation(plan, request, response));
  TWOFOLD_RETURN_IF_ERROR(CheckForm(plan, request));
  operation.buckets = WriteBuckets(plan.limits, operation.subject, ClientAddress());
  Prompt prompt;
  prompt.set_prompt_id(RandomId(plan.random));
  prompt.set_state(Prompt::STATE_CREATED);
  prompt.set_purpose(request.purpose());
  prompt.set_caller(std::string(plan.caller));
  const int ttl = request.ttl_seconds() == 0 ? kDefaultTtlSeconds : request.ttl_seconds();
  prompt.set_expire_time(plan.now + int64_t{ttl} * kMillisPerSecond);
  operation.decide = [&request, &response, prompt, url = plan.prompt_url](const RuleContext& context,
                                                                          Draft& draft) {
    return OrWork<absl::Status>(Create(context, request, prompt, url, draft, response));
  };
  operation.repeat = [&request, &response, url = plan.prompt_url](
                         const RuleContext& context, const PastRequest& past,
                         const Draft& draft) -> OrWork<absl::Status> {
    SubjectRecord record = draft.record;
    const Prompt* const known = FindPrompt(record, past.method_id());
    if (known == nullptr) return PromptNotFoundError();
    Show(context, request, url, *known, record, response);
    return absl::OkStatus();
  };
  return operation;
}

// A repetition under the same request id is no replay: it is answered from the prompt, which stays until it
// expires.
absl::StatusOr<Operation> PlanRedeemPrompt(const PlanContext& plan, const v1::RedeemPromptRequest& request,
                                           v1::RedeemPromptResponse& response) {
  TWOFOLD_ASSIGN_OR_RETURN(Operation operation, NewOperation(plan, request, response));
  operation.buckets = WriteBuckets(plan.limits, operation.subject, ClientAddress());
  operation.decide = [&request, &response, caller = std::string(plan.caller)](const RuleContext& context,
                                                                              Draft& draft) {
    absl::Status status = Redeem(context, caller, request, draft, response);
    if (status.ok()) draft.answered.emplace();
    if (response.has_new_grant()) RememberGrant(context, response.new_grant(), *draft.answered);
    return OrWork<absl::Status>(std::move(status));
  };
  operation.repeat = [&request, &response, caller = std::string(plan.caller)](
                         const RuleContext& context, const PastRequest& past, const Draft& draft) {
    Draft again = draft;
    Prompt* const prompt = FindPrompt(again.record, request.prompt_id());
    if (prompt == nullptr) return OrWork<absl::Status>(PromptNotSatisfiedError());
    prompt->set_state(Prompt::STATE_SATISFIED);
    prompt->set_code_expire_time(context.now + 1);
    absl::StatusOr<std::optional<v1::NewGrant>> grant = RepeatGrant(context, past, draft.record);
    if (!grant.ok()) return OrWork<absl::Status>(grant.status());
    if (grant->has_value()) *response.mutable_new_grant() = **std::move(grant);
    return OrWork<absl::Status>(Redeem(context, caller, request, again, response));
  };
  return operation;
}

absl::StatusOr<Operation> PlanCancelPrompt(const PlanContext& plan, const v1::CancelPromptRequest& request,
                                           v1::CancelPromptResponse& response) {
  TWOFOLD_ASSIGN_OR_RETURN(Operation operation,
                           NewOperation(plan, request, request.tenant(), request.user_id(), "", response));
  operation.buckets = WriteBuckets(plan.limits, operation.subject, ClientAddress());
  operation.decide = [&request, caller = std::string(plan.caller)](const RuleContext&,
                                                                   Draft& draft) -> OrWork<absl::Status> {
    const Prompt* const prompt = FindPrompt(draft.record, request.prompt_id());
    if (prompt == nullptr || prompt->caller() != caller) return PromptNotFoundError();
    RemovePrompt(draft.record, request.prompt_id());
    draft.changed = true;
    return absl::OkStatus();
  };
  return operation;
}

}  // namespace twofold
