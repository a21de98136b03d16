#include "clients/cli/enrollment.h"

#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "clients/cli/answer.h"
#include "clients/cli/challenge_text.h"
#include "clients/cli/enrollment_text.h"
#include "clients/cli/private_file.h"
#include "clients/cli/qr_file.h"
#include "clients/cli/terminal_qr.h"
#include "clients/cli/text.h"
#include "common/unicode.h"

namespace twofold {
namespace {

// How often a person may mistype the first code.
constexpr int kAttempts = 3;

v1::Algorithm AlgorithmOf(const std::string& name) {
  if (name == "sha1") return v1::ALGORITHM_SHA1;
  if (name == "sha256") return v1::ALGORITHM_SHA256;
  if (name == "sha512") return v1::ALGORITHM_SHA512;
  return v1::ALGORITHM_UNSPECIFIED;
}

class Enrollment {
 public:
  Enrollment(Session& session, const EnrollOptions& options) : session_(session), options_(options) {}

  int Run() {
    if (!options_.qr_file.empty()) file_.emplace(options_.qr_file);
    if (!options_.options_file.empty()) options_out_.emplace("--options", options_.options_file);
    if (!session_.json) screen_ = session_.console.OutputSize();
    v1::EnrollRequest request = MakeRequest();
    {
      // Until the picture is written, its file is of no use.
      const InterruptNotice notice(
          "twofold: interrupted; a method that was enrolled is pending, and expires by itself\n",
          options_.qr_file.empty() ? options_.options_file : options_.qr_file);
      Result<v1::EnrollResponse> result = session_.Client().Enroll(std::move(request));
      if (!result.ok()) return session_.Fail(result.error());
      response_ = *std::move(result);
      SaveQr();
      SaveKeyOptions();
    }
    return session_.json ? RunJson() : RunText();
  }

 private:
  v1::EnrollRequest MakeRequest() {
    auto request = session_.NewRequest<v1::EnrollRequest>(options_.user);
    // A URI says its type itself, and the server's default is TOTP.
    request.set_type(TypeOfOption(options_.type));
    request.set_description(options_.description);
    request.set_issuer(options_.issuer);
    request.set_account_name(options_.account_name);
    request.set_algorithm(AlgorithmOf(options_.algorithm));
    request.set_digits(options_.digits);
    request.set_period_seconds(options_.period);
    if (!options_.secret_file.empty()) request.set_secret_base32(session_.SecretFile(options_.secret_file));
    if (!options_.uri_file.empty()) request.set_otpauth_uri(session_.SecretFile(options_.uri_file));
    request.set_phone_number(options_.phone);
    request.set_email(options_.email);
    request.set_qr_format(QrFormat());
    SetProof(session_, options_.proof, request);
    return request;
  }

  v1::QrFormat QrFormat() const {
    if (file_) return file_->format();
    // On a terminal the command draws it, since it knows the size.
    return WantsQrText() && !screen_ ? v1::QR_FORMAT_TEXT : v1::QR_FORMAT_NONE;
  }

  bool WantsQrText() const {
    if (IsKey() || IsSent()) return false;
    return options_.qr.empty() ? !session_.json : options_.qr == "text";
  }

  bool IsKey() const { return TypeOfOption(options_.type) == v1::METHOD_TYPE_SECURITY_KEY; }
  bool IsSent() const { return !options_.phone.empty() || !options_.email.empty(); }

  void SaveQr() {
    if (!file_) return;
    if (!file_->Write(response_)) {
      session_.console.Complain(
          absl::StrCat("cannot write the QR code to ", options_.qr_file, "; the URI says the same"));
      file_.reset();
    }
    response_.clear_qr();
  }

  void SaveKeyOptions() {
    if (!options_out_) return;
    if (options_out_->Write(response_.webauthn_creation_options_json() + "\n") && options_out_->Keep())
      return;
    session_.console.Complain(
        absl::StrCat("cannot write the options to ", options_.options_file, ": ", options_out_->reason()));
    options_out_.reset();
  }

  Result<v1::ConfirmEnrollmentResponse> Confirm(const std::string& answer) {
    // The message is that of the server. Protobuf refuses to send such a text, so it never gets
    // there.
    if (!IsUtf8(answer)) {
      return CallError{.code = grpc::StatusCode::INVALID_ARGUMENT,
                       .message = "the code is not valid UTF-8",
                       .reason = "MALFORMED_CODE",
                       .field_violations = {{"code", "is not valid UTF-8"}}};
    }
    auto request = session_.NewRequest<v1::ConfirmEnrollmentRequest>(options_.user);
    // A request id belongs to one call. The given one was used for Enroll.
    request.clear_request_id();
    request.set_method_id(response_.method().method_id());
    if (IsKey()) {
      request.set_webauthn_credential_json(answer);
    } else {
      request.set_code(answer);
    }
    request.set_client_address(options_.proof.client_address);
    return session_.Client().ConfirmEnrollment(std::move(request));
  }

  int RunJson() {
    if (options_.code.empty() && options_.credential.empty()) return session_.Print(ToJson(response_) + "\n");
    const absl::StatusOr<std::string> answer = ReadAnswer();
    if (!answer.ok()) {
      // The secret is never shown again, so the command prints the enrolment in any case.
      session_.Print(absl::StrCat("{\"enrollment\":", ToJson(response_),
                                  ",\"error\":", UsageJson(answer.status().message()), "}\n"));
      return kRefused;
    }
    const auto confirmation = Confirm(*answer);
    const std::string outcome = confirmation.ok()
                                    ? absl::StrCat("\"confirmation\":", ToJson(*confirmation))
                                    : absl::StrCat("\"error\":", ErrorJson(confirmation.error()));
    const int printed =
        session_.Print(absl::StrCat("{\"enrollment\":", ToJson(response_), ",", outcome, "}\n"));
    return confirmation.ok() ? printed : ExitCodeOf(confirmation.error());
  }

  // Draws the QR code for the terminal.
  void Draw(const std::string& command) {
    if (file_ || !screen_ || !WantsQrText()) return;
    // The rows below the code must not push it off the screen. They are the question, or the last
    // line and the shell's prompt.
    const int rows_below = options_.no_confirm
                               ? RowsOf(NextText(response_, command, ""), screen_->columns) + 1
                               : RowsOf(CodePrompt() + std::string(8, '0'), screen_->columns);
    drawn_.emplace(response_.otpauth_uri(), *screen_, rows_below);
  }

  // On a terminal the QR code comes last, so that it is on the screen while the command asks for
  // the app's code.
  std::string Text() const {
    std::string text = EnrollmentText(response_);
    if (options_out_) return absl::StrCat(text, "Options: ", EscapeControls(options_.options_file), "\n");
    if (IsKey()) {
      return absl::StrCat(text, "Options: ", EscapeControls(response_.webauthn_creation_options_json()),
                          "\n");
    }
    if (drawn_) return absl::StrCat(text, drawn_->text());
    if (file_) return absl::StrCat("QR code: ", EscapeControls(options_.qr_file), "\n", text);
    if (response_.qr_text().empty()) return text;
    return absl::StrCat(EscapeAllButColours(response_.qr_text()), "\n", text);
  }

  int RunText() {
    const std::string command = ConfirmCommand(response_, options_.user, session_.Flags());
    Draw(command);
    const std::string spare = drawn_ ? drawn_->file() : "";
    const std::string later = ConfirmLaterText(response_, command, spare);
    const InterruptNotice notice(absl::StrCat("twofold: ", EscapeControls(later), "\n"));
    if (!session_.console.Print(Text())) {
      session_.console.Complain(
          absl::StrCat("the output could not be written, and the secret is not shown again; ", later));
      return kRefused;
    }
    if (options_.no_confirm) return session_.Print(NextText(response_, command, spare));
    return AskAndConfirm(later);
  }

  int AskAndConfirm(const std::string& later) {
    const bool may_repeat = session_.console.CanAsk() && (options_.code.empty() || options_.code == "-");
    int exit_code = kRefused;
    for (int attempt = 0; attempt < (may_repeat ? kAttempts : 1); ++attempt) {
      const absl::StatusOr<std::string> answer = ReadAnswer();
      if (!answer.ok()) {
        if (IsKey()) session_.console.Complain(answer.status().message());
        break;
      }
      const auto confirmation = Confirm(*answer);
      if (confirmation.ok()) return PrintConfirmation(*confirmation);
      exit_code = session_.Fail(confirmation.error());
      const std::string& reason = confirmation.error().reason;
      if (reason != "CODE_REJECTED" && reason != "MALFORMED_CODE") break;
    }
    session_.console.Complain(later);
    return exit_code;
  }

  const char* CodePrompt() const {
    return IsSent() ? "Code that was sent: " : "Code that the app shows now: ";
  }

  // The code, or the key's credential. The error is one line.
  absl::StatusOr<std::string> ReadAnswer() {
    if (IsKey()) return ReadKeyAnswer();
    if (!options_.code.empty() && options_.code != "-") return CodeAsSent(options_.code);
    const std::optional<std::string> line = session_.console.ReadLine(CodePrompt());
    if (!line) return absl::InvalidArgumentError("no code on standard input");
    return CodeAsSent(*line);
  }

  absl::StatusOr<std::string> ReadKeyAnswer() {
    Console& console = session_.console;
    const bool is_pasted = options_.credential.empty() || options_.credential == "-";
    if (is_pasted) return ReadCredential(console, "-", RegistrationHelp("paste here"));
    // A person writes the file now. Programs give a pipe, which is waited for.
    if (!session_.json && console.CanAsk()) {
      console.ReadLine(RegistrationHelp(absl::StrCat("write to ", EscapeControls(options_.credential))));
    }
    return ReadCredential(console, options_.credential, "");
  }

  int PrintConfirmation(const v1::ConfirmEnrollmentResponse& confirmation) {
    if (drawn_) drawn_->RemoveFile();
    if (session_.console.Print(ConfirmationText(confirmation))) return kDone;
    session_.console.Complain(
        "confirmed, but the output could not be written; new backup codes come from: twofold backup-codes "
        "rotate");
    return kRefused;
  }

  Session& session_;
  const EnrollOptions& options_;
  std::optional<TerminalSize> screen_;
  std::optional<QrFile> file_;
  std::optional<PrivateFile> options_out_;
  std::optional<TerminalQr> drawn_;
  v1::EnrollResponse response_;
};

}  // namespace

int Enroll(Session& session, const EnrollOptions& options) { return Enrollment(session, options).Run(); }

}  // namespace twofold
