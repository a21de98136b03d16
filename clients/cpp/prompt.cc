#include "clients/cpp/prompt.h"

#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "crypto/constant_time.h"
#include "crypto/system_random.h"

namespace twofold {
namespace {

constexpr size_t kStateBytes = 24;
// The form of the text below. Another form gets another number.
constexpr char kForm[] = "1";
constexpr size_t kParts = 6;
// Longer than any user id and tenant that a server takes.
constexpr size_t kMaxTextSize = 2048;

bool IsKnown(v1::PromptPurpose purpose) {
  return purpose != v1::PROMPT_PURPOSE_UNSPECIFIED && v1::PromptPurpose_IsValid(purpose);
}

PromptOutcome::Cancelled::Why WhyOf(absl::string_view error) {
  using Why = PromptOutcome::Cancelled::Why;
  if (error == "cancelled") return Why::kUserWentBack;
  if (error == "lost_all_methods") return Why::kLostAllMethods;
  if (error == "expired") return Why::kExpired;
  return Why::kOther;
}

bool GaveNoAnswer(grpc::StatusCode code) {
  return code == grpc::StatusCode::UNAVAILABLE || code == grpc::StatusCode::DEADLINE_EXCEEDED ||
         code == grpc::StatusCode::RESOURCE_EXHAUSTED || code == grpc::StatusCode::ABORTED;
}

CallError AnotherPurpose() {
  CallError error;
  error.code = grpc::StatusCode::FAILED_PRECONDITION;
  error.message = "the prompt was created for another purpose";
  return error;
}

}  // namespace

std::optional<PendingPrompt> PendingPrompt::Parse(absl::string_view text) {
  if (text.size() > kMaxTextSize) return std::nullopt;
  const std::vector<absl::string_view> parts = absl::StrSplit(text, '.');
  if (parts.size() != kParts || parts[0] != kForm) return std::nullopt;
  PendingPrompt pending;
  int purpose = 0;
  if (!absl::SimpleAtoi(parts[1], &purpose) || !absl::WebSafeBase64Unescape(parts[2], &pending.prompt_id_) ||
      !absl::WebSafeBase64Unescape(parts[3], &pending.tenant_) ||
      !absl::WebSafeBase64Unescape(parts[4], &pending.user_id_)) {
    return std::nullopt;
  }
  pending.purpose_ = static_cast<v1::PromptPurpose>(purpose);
  std::string random;
  if (!absl::WebSafeBase64Unescape(parts[5], &random) || random.size() != kStateBytes) return std::nullopt;
  pending.state_ = absl::WebSafeBase64Escape(random);
  const bool whole = IsKnown(pending.purpose_) && !pending.prompt_id_.empty() && !pending.user_id_.empty();
  // Each prompt has one text.
  if (!whole || pending.Serialize() != text) return std::nullopt;
  return pending;
}

std::string PendingPrompt::Serialize() const {
  return absl::StrCat(kForm, ".", static_cast<int>(purpose_), ".", absl::WebSafeBase64Escape(prompt_id_), ".",
                      absl::WebSafeBase64Escape(tenant_), ".", absl::WebSafeBase64Escape(user_id_), ".",
                      state_);
}

Result<StartedPrompt> StartPrompt(TwofoldClient& client, v1::CreatePromptRequest request) {
  PendingPrompt pending;
  pending.tenant_ = request.tenant();
  pending.user_id_ = request.user_id();
  pending.purpose_ = request.purpose();
  pending.state_ = absl::WebSafeBase64Escape(RandomBytes(SystemRandom(), kStateBytes));
  request.set_state(pending.state_);
  const Result<v1::CreatePromptResponse> created = client.CreatePrompt(std::move(request));
  if (!created.ok()) return created.error();
  pending.prompt_id_ = created->prompt_id();
  const auto& expire_time = created->expire_time();
  return StartedPrompt{
      .pending = std::move(pending),
      .url = created->url(),
      .expire_time = absl::FromUnixSeconds(expire_time.seconds()) + absl::Nanoseconds(expire_time.nanos()),
      .second_factor_required = created->required()};
}

PromptOutcome FinishPrompt(TwofoldClient& client, std::optional<PendingPrompt> pending, PromptAnswer answer) {
  // A prompt that was moved away has no state, and neither has the answer of a browser that brings none.
  if (!pending.has_value() || pending->state().empty() ||
      !ConstantTimeEquals(pending->state(), answer.state)) {
    return PromptOutcome(PromptOutcome::WrongSession());
  }
  if (!answer.error.empty()) return PromptOutcome(PromptOutcome::Cancelled{WhyOf(answer.error)});
  v1::RedeemPromptRequest request;
  request.set_tenant(pending->tenant());
  request.set_user_id(pending->user_id());
  request.set_prompt_id(pending->prompt_id());
  request.set_code(std::move(answer.twofold_code));
  const Result<v1::RedeemPromptResponse> redeemed = client.RedeemPrompt(std::move(request));
  if (!redeemed.ok()) {
    const CallError& error = redeemed.error();
    if (GaveNoAnswer(error.code)) return PromptOutcome(PromptOutcome::Unavailable{error});
    return PromptOutcome(PromptOutcome::Refused{error});
  }
  // The session could say that it waits for a sign-in while the prompt enrolled a first method.
  if (!IsKnown(pending->purpose()) || redeemed->purpose() != pending->purpose()) {
    return PromptOutcome(PromptOutcome::Refused{AnotherPurpose()});
  }
  PromptOutcome::Passed passed;
  passed.tenant_ = pending->tenant();
  passed.user_id_ = pending->user_id();
  passed.response_ = *redeemed;
  return PromptOutcome(std::move(passed));
}

}  // namespace twofold
