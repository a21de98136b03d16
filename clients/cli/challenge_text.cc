#include "clients/cli/challenge_text.h"

#include "absl/strings/str_cat.h"
#include "clients/cli/text.h"

namespace twofold {

std::string SentText(const v1::SentCode& sent) {
  const bool goes_to_caller = !sent.code().empty();
  std::string text = absl::StrCat(
      goes_to_caller ? "Send to: " : "Sent to: ", EscapeControls(sent.masked_destination()), "\n");
  if (goes_to_caller) absl::StrAppend(&text, "Code:    ", EscapeControls(sent.code()), "\n");
  if (sent.has_resend_time())
    absl::StrAppend(&text, "May be sent again at ", IsoTime(sent.resend_time()), "\n");
  return text;
}

std::string ChallengeText(const v1::StartChallengeResponse& response) {
  std::string text;
  if (!response.challenge_id().empty()) {
    absl::StrAppend(&text, "Challenge: ", EscapeControls(response.challenge_id()), "\n");
  }
  absl::StrAppend(&text, "Expires at ", IsoTime(response.expire_time()), "\n");
  if (response.has_sent()) return absl::StrCat(text, SentText(response.sent()));
  return absl::StrCat(text, "Options: ", EscapeControls(response.webauthn_request_options_json()), "\n");
}

std::string RegistrationHelp(absl::string_view where) {
  return absl::StrCat(
      "On a page of the site, run navigator.credentials.create({publicKey: "
      "PublicKeyCredential.parseCreationOptionsFromJSON(OPTIONS)}).\n",
      "Then ", where, " JSON.stringify(credential) and press Enter.\n");
}

}  // namespace twofold
