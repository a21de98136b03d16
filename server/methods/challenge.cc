#include "server/methods/challenge.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "crypto/associated_data.h"

namespace twofold {
namespace {

using internal::v1::ChallengeToken;

// A token with all methods of a subject and the longest name of a caller has about 800 bytes.
constexpr size_t kMaxChallengeIdSize = 2048;

std::string AssociatedData(const MethodContext& context) {
  return LengthPrefixed({context.subject.tenant, context.subject.user});
}

}  // namespace

std::string SealChallenge(const MethodContext& context, const ChallengeToken& token) {
  std::string plain = token.SerializeAsString();
  const std::string sealed =
      context.ring.Seal(Purpose::kChallenge, plain, AssociatedData(context), context.random);
  WipeString(plain);
  return absl::WebSafeBase64Escape(sealed);
}

ChallengeToken OpenChallenge(const MethodContext& context, absl::string_view caller,
                             ChallengeToken::Ceremony ceremony, absl::string_view challenge_id) {
  ChallengeToken token;
  std::string sealed;
  if (challenge_id.size() > kMaxChallengeIdSize || !absl::WebSafeBase64Unescape(challenge_id, &sealed)) {
    return token;
  }
  const absl::StatusOr<SecretBytes> plain =
      context.ring.Open(Purpose::kChallenge, sealed, AssociatedData(context));
  if (!plain.ok() || !token.ParseFromArray(plain->bytes().data(), static_cast<int>(plain->size())) ||
      token.caller() != caller || token.ceremony() != ceremony) {
    token.Clear();
  }
  return token;
}

bool MayAnswer(const ChallengeToken& token, absl::string_view method_id) {
  return std::any_of(token.method_ids().begin(), token.method_ids().end(),
                     [method_id](const std::string& id) { return id == method_id; });
}

std::optional<CheckResult::Outcome> WhyUnanswerable(const MethodContext& context, const ChallengeToken& token,
                                                    const internal::v1::Method& method) {
  if (!MayAnswer(token, method.method_id())) return CheckResult::Outcome::kNoChallenge;
  const UnixMillis used_until = context.record == nullptr ? 0 : context.record->challenges_used_until();
  if (std::max(used_until, token.issue_time()) > context.now + kClockTolerance) {
    return CheckResult::Outcome::kClockBehind;
  }
  if (token.expire_time() <= context.now) return CheckResult::Outcome::kNoChallenge;
  if (token.issue_time() <= used_until) return CheckResult::Outcome::kReplayed;
  return std::nullopt;
}

const ChallengeToken* ChallengeOf(const Presented& presented) {
  if (const auto* const sent = std::get_if<SentCode>(&presented)) return &sent->challenge;
  if (const auto* const assertion = std::get_if<Assertion>(&presented)) return &assertion->challenge;
  return nullptr;
}

}  // namespace twofold
