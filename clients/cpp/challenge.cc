#include "clients/cpp/challenge.h"

#include <utility>

namespace twofold {

std::optional<Challenge> Challenge::Read(v1::StartChallengeResponse response) {
  if (response.challenge_case() == v1::StartChallengeResponse::CHALLENGE_NOT_SET) return std::nullopt;
  return Challenge(std::move(response));
}

Challenge::Challenge(v1::StartChallengeResponse response) : response_(std::move(response)) {}

absl::Time Challenge::expire_time() const {
  return absl::FromUnixSeconds(response_.expire_time().seconds()) +
         absl::Nanoseconds(response_.expire_time().nanos());
}

const std::string* Challenge::security_key_options() const {
  return response_.has_webauthn_request_options_json() ? &response_.webauthn_request_options_json() : nullptr;
}

const v1::SentCode* Challenge::sent_code() const {
  return response_.has_sent() ? &response_.sent() : nullptr;
}

std::optional<KeyFacts> KeyFactsOf(const v1::VerifyResponse& response) {
  if (response.method().type() != v1::METHOD_TYPE_SECURITY_KEY) return std::nullopt;
  return KeyFacts{response.user_verified(), response.backed_up()};
}

}  // namespace twofold
