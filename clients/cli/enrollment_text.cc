#include "clients/cli/enrollment_text.h"

#include "absl/strings/str_cat.h"
#include "clients/cli/challenge_text.h"
#include "clients/cli/text.h"

namespace twofold {

namespace {

// What confirms the method, for a sentence.
const char* NameOfAnswer(const v1::EnrollResponse& response) {
  switch (response.method().type()) {
    case v1::METHOD_TYPE_SECURITY_KEY:
      return "the JSON that the key made";
    case v1::METHOD_TYPE_SMS:
    case v1::METHOD_TYPE_EMAIL:
      return "the code that was sent";
    default:
      return "the code that the app shows";
  }
}

}  // namespace

std::string EnrollmentText(const v1::EnrollResponse& response) {
  std::string text;
  if (response.has_sent()) {
    text = SentText(response.sent());
  } else if (!response.has_webauthn_creation_options_json()) {
    absl::StrAppend(&text, "Secret:  ", EscapeControls(response.secret_base32()), "\n");
    absl::StrAppend(&text, "URI:     ", EscapeControls(response.otpauth_uri()), "\n");
  }
  absl::StrAppend(&text, "Method:  ", EscapeControls(response.method().method_id()), "\n");
  absl::StrAppend(&text, "Pending until ", IsoTime(response.expire_time()), "\n");
  for (const std::string& warning : response.warnings()) {
    absl::StrAppend(&text, "Warning: ", EscapeControls(warning), "\n");
  }
  return text;
}

std::string ConfirmCommand(const v1::EnrollResponse& response, absl::string_view user,
                           absl::string_view flags) {
  const bool is_key = response.has_webauthn_creation_options_json();
  return absl::StrCat("twofold", flags, " confirm ", is_key ? "--credential FILE " : "", "-- ",
                      ShellQuote(user), " ", ShellQuote(response.method().method_id()),
                      is_key ? "" : " CODE");
}

std::string NextText(const v1::EnrollResponse& response, absl::string_view command, absl::string_view file) {
  const std::string remove =
      file.empty() ? "" : absl::StrCat("Delete ", EscapeControls(file), " once the app has the code.\n");
  return absl::StrCat(remove, "Next, with ", NameOfAnswer(response), ": ", EscapeControls(command), "\n");
}

std::string ConfirmLaterText(const v1::EnrollResponse& response, absl::string_view command,
                             absl::string_view file) {
  const std::string remove =
      file.empty() ? "" : absl::StrCat("; delete ", file, " when the app has the code");
  return absl::StrCat("not confirmed: the method is pending until ", IsoTime(response.expire_time()),
                      " and logs nobody in; confirm it with: ", command, remove);
}

std::string ConfirmationText(const v1::ConfirmEnrollmentResponse& response) {
  std::string text =
      absl::StrCat("Confirmed: ", EscapeControls(response.method().method_id()), " is active.\n");
  if (response.backup_codes().empty()) return text;
  return absl::StrCat(text, "\n", BackupCodesText(response.backup_codes()));
}

std::string BackupCodesText(const google::protobuf::RepeatedPtrField<std::string>& codes) {
  std::string text = "Backup codes, each good for one login. They are shown only now:\n";
  for (const std::string& code : codes) absl::StrAppend(&text, "  ", EscapeControls(code), "\n");
  return text;
}

}  // namespace twofold
