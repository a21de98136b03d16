#include "server/rules/prompt_view.h"

#include <algorithm>

#include "crypto/constant_time.h"
#include "crypto/sha256.h"
#include "google/protobuf/util/time_util.h"
#include "server/access/return_url.h"
#include "server/rules/grant_record.h"
#include "server/rules/lockout.h"
#include "server/rules/record.h"

namespace twofold {
namespace {

using google::protobuf::util::TimeUtil;
using internal::v1::Prompt;
using internal::v1::SubjectRecord;

bool Allows(const v1::CreatePromptRequest& asked, v1::MethodType type) {
  const auto& types = asked.allowed_types();
  return types.empty() || std::find(types.begin(), types.end(), type) != types.end();
}

// HOTP needs hardware that few people have, and a page cannot tell whether somebody has it.
bool IsEnrollable(const RuleContext& context, const SubjectRecord& record,
                  const Authenticator& authenticator) {
  if (authenticator.type() == v1::METHOD_TYPE_TOTP) return true;
  if (!authenticator.needs_challenge()) return false;
  return !authenticator.restricted() || context.limits.restricted_alone ||
         CountUnrestricted(context.authenticators, record, v1::METHOD_STATE_ACTIVE) > 0;
}

}  // namespace

const Prompt* FindOpenPrompt(const SubjectRecord& record, const internal::v1::PromptToken& session,
                             UnixMillis now) {
  for (const Prompt& prompt : record.prompts()) {
    if (prompt.prompt_id() != session.prompt_id()) continue;
    const bool open = prompt.state() == Prompt::STATE_OPENED || prompt.state() == Prompt::STATE_PROVEN;
    const bool same = !session.session_secret().empty() &&
                      ConstantTimeEquals(prompt.session_digest(), Sha256(session.session_secret()));
    return open && same && prompt.expire_time() > now ? &prompt : nullptr;
  }
  return nullptr;
}

bool NeedsProof(const SubjectRecord& record, const Prompt& prompt) {
  return HasConfirmedDevice(record) && prompt.state() != Prompt::STATE_PROVEN;
}

v1::PromptView ShowPrompt(const RuleContext& context, const SubjectRecord& record, const Prompt& prompt,
                          const v1::CreatePromptRequest& asked) {
  v1::PromptView view;
  view.set_prompt_id(prompt.prompt_id());
  view.set_purpose(static_cast<v1::PromptPurpose>(prompt.purpose()));
  view.set_display_name(asked.display_name());
  view.set_account_name(asked.account_name().empty() ? context.subject.user : asked.account_name());
  view.set_locale(asked.locale());
  view.set_transaction_text(asked.transaction_text());
  view.set_require_user_verified(asked.require_user_verified());
  *view.mutable_allowed_types() = asked.allowed_types();
  *view.mutable_expire_time() = TimeUtil::MillisecondsToTimestamp(prompt.expire_time());
  const absl::StatusOr<ReturnUrl> url = ParseReturnUrl(asked.return_url());
  if (url.ok()) view.set_return_origin(url->origin);
  for (const internal::v1::Method* method : MethodsInOrder(record)) {
    *view.add_methods() = ShowMethod(context.authenticators, *method);
  }
  for (const auto& authenticator : context.authenticators.all()) {
    if (!Allows(asked, authenticator->type()) || !IsEnrollable(context, record, *authenticator)) continue;
    view.add_enrollable_types(authenticator->type());
  }
  *view.mutable_enrolled_method_ids() = prompt.enrolled_method_ids();
  view.set_remember_offered(asked.has_remember());
  view.set_remember_max_age_seconds(asked.remember().max_age_seconds());
  if (prompt.purpose() == v1::PROMPT_PURPOSE_MANAGE) {
    for (const internal::v1::Grant& grant : record.grants()) *view.add_grants() = ShowGrant(grant);
  }
  view.set_second_factor_required(HasConfirmedDevice(record));
  view.set_proof_required(NeedsProof(record, prompt));
  const LockState lock = LockStateOf(context.limits, record.budget(), context.now);
  view.set_permanently_locked(lock.permanent);
  if (lock.locked && !lock.permanent) {
    *view.mutable_locked_until() = TimeUtil::MillisecondsToTimestamp(lock.until);
  }
  return view;
}

}  // namespace twofold
