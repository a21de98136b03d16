#include "clients/cli/enrollment_text.h"

#include "absl/strings/str_cat.h"
#include "clients/cli/text.h"

namespace twofold {

std::string EnrollmentText(const v1::EnrollResponse& response) {
  std::string text = absl::StrCat("Secret:  ", EscapeControls(response.secret_base32()), "\n");
  absl::StrAppend(&text, "URI:     ", EscapeControls(response.otpauth_uri()), "\n");
  absl::StrAppend(&text, "Method:  ", EscapeControls(response.method().method_id()), "\n");
  absl::StrAppend(&text, "Pending until ", IsoTime(response.expire_time()), "\n");
  for (const std::string& warning : response.warnings()) {
    absl::StrAppend(&text, "Warning: ", EscapeControls(warning), "\n");
  }
  return text;
}

std::string ConfirmCommand(const v1::EnrollResponse& response, absl::string_view user,
                           absl::string_view flags) {
  return absl::StrCat("twofold", flags, " confirm -- ", ShellQuote(user), " ",
                      ShellQuote(response.method().method_id()), " CODE");
}

std::string NextText(absl::string_view command, absl::string_view file) {
  const std::string remove =
      file.empty() ? "" : absl::StrCat("Delete ", EscapeControls(file), " once the app has the code.\n");
  return absl::StrCat(remove, "Next, with the code that the app shows: ", EscapeControls(command), "\n");
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
