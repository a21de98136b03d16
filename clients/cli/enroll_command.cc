#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "clients/cli/commands.h"
#include "clients/cli/enrollment_text.h"
#include "clients/cli/qr_file.h"
#include "clients/cli/terminal_qr.h"
#include "clients/cli/text.h"
#include "common/unicode.h"

namespace twofold {
namespace {

// How often a person may mistype the first code.
constexpr int kAttempts = 3;

struct Options {
  std::string user, description, issuer, account_name, secret_file, uri_file, qr_file;
  std::string type, algorithm, qr, code;
  int digits = 0, period = 0;
  bool no_confirm = false;
  CodeOptions proof;
};

v1::Algorithm AlgorithmOf(const std::string& name) {
  if (name == "sha1") return v1::ALGORITHM_SHA1;
  if (name == "sha256") return v1::ALGORITHM_SHA256;
  if (name == "sha512") return v1::ALGORITHM_SHA512;
  return v1::ALGORITHM_UNSPECIFIED;
}

class Enrollment {
 public:
  Enrollment(Session& session, const Options& options) : session_(session), options_(options) {}

  int Run() {
    if (!options_.qr_file.empty()) file_.emplace(options_.qr_file);
    if (!session_.json) screen_ = session_.console.OutputSize();
    v1::EnrollRequest request = MakeRequest();
    {
      // Until the picture is written, its file is of no use.
      const InterruptNotice notice(
          "twofold: interrupted; a method that was enrolled is pending, and expires by itself\n",
          options_.qr_file);
      Result<v1::EnrollResponse> result = session_.Client().Enroll(std::move(request));
      if (!result.ok()) return session_.Fail(result.error());
      response_ = *std::move(result);
      SaveQr();
    }
    return session_.json ? RunJson() : RunText();
  }

 private:
  v1::EnrollRequest MakeRequest() {
    auto request = session_.NewRequest<v1::EnrollRequest>(options_.user);
    // A URI says its type itself, and the server's default is TOTP.
    if (!options_.type.empty()) {
      request.set_type(options_.type == "hotp" ? v1::METHOD_TYPE_HOTP : v1::METHOD_TYPE_TOTP);
    }
    request.set_description(options_.description);
    request.set_issuer(options_.issuer);
    request.set_account_name(options_.account_name);
    request.set_algorithm(AlgorithmOf(options_.algorithm));
    request.set_digits(options_.digits);
    request.set_period_seconds(options_.period);
    if (!options_.secret_file.empty()) request.set_secret_base32(session_.SecretFile(options_.secret_file));
    if (!options_.uri_file.empty()) request.set_otpauth_uri(session_.SecretFile(options_.uri_file));
    request.set_qr_format(QrFormat());
    SetProof(session_, options_.proof, request);
    return request;
  }

  v1::QrFormat QrFormat() const {
    if (file_) return file_->format();
    // On a terminal the command draws it, since it knows the size.
    return WantsQrText() && !screen_ ? v1::QR_FORMAT_TEXT : v1::QR_FORMAT_NONE;
  }

  bool WantsQrText() const { return options_.qr.empty() ? !session_.json : options_.qr == "text"; }

  void SaveQr() {
    if (!file_) return;
    if (!file_->Write(response_)) {
      session_.console.Complain(
          absl::StrCat("cannot write the QR code to ", options_.qr_file, "; the URI says the same"));
      file_.reset();
    }
    response_.clear_qr();
  }

  Result<v1::ConfirmEnrollmentResponse> Confirm(const std::string& code) {
    // The message is that of the server. Protobuf refuses to send such a text, so it never gets
    // there.
    if (!IsUtf8(code)) {
      return CallError{.code = grpc::StatusCode::INVALID_ARGUMENT,
                       .message = "the code is not valid UTF-8",
                       .reason = "MALFORMED_CODE",
                       .field_violations = {{"code", "is not valid UTF-8"}}};
    }
    auto request = session_.NewRequest<v1::ConfirmEnrollmentRequest>(options_.user);
    // A request id belongs to one call. The given one was used for Enroll.
    request.clear_request_id();
    request.set_method_id(response_.method().method_id());
    request.set_code(code);
    request.set_client_address(options_.proof.client_address);
    return session_.Client().ConfirmEnrollment(std::move(request));
  }

  int RunJson() {
    if (options_.code.empty()) return session_.Print(ToJson(response_) + "\n");
    const std::optional<std::string> code = ReadCode();
    if (!code) {
      // The secret is never shown again, so the command prints the enrolment in any case.
      session_.Print(absl::StrCat("{\"enrollment\":", ToJson(response_),
                                  ",\"error\":", UsageJson("no code on standard input"), "}\n"));
      return kRefused;
    }
    const auto confirmation = Confirm(*code);
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
    const int rows_below = options_.no_confirm ? RowsOf(NextText(command, ""), screen_->columns) + 1
                                               : RowsOf(CodePrompt() + std::string(8, '0'), screen_->columns);
    drawn_.emplace(response_.otpauth_uri(), *screen_, rows_below);
  }

  // On a terminal the QR code comes last, so that it is on the screen while the command asks for
  // the app's code.
  std::string Text() const {
    std::string text = EnrollmentText(response_);
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
    if (options_.no_confirm) return session_.Print(NextText(command, spare));
    return AskAndConfirm(later);
  }

  int AskAndConfirm(const std::string& later) {
    const bool may_repeat = session_.console.CanAsk() && (options_.code.empty() || options_.code == "-");
    int exit_code = kRefused;
    for (int attempt = 0; attempt < (may_repeat ? kAttempts : 1); ++attempt) {
      const std::optional<std::string> code = ReadCode();
      if (!code) break;
      const auto confirmation = Confirm(*code);
      if (confirmation.ok()) return PrintConfirmation(*confirmation);
      exit_code = session_.Fail(confirmation.error());
      const std::string& reason = confirmation.error().reason;
      if (reason != "CODE_REJECTED" && reason != "MALFORMED_CODE") break;
    }
    session_.console.Complain(later);
    return exit_code;
  }

  static const char* CodePrompt() { return "Code that the app shows now: "; }

  std::optional<std::string> ReadCode() {
    if (!options_.code.empty() && options_.code != "-") return CodeAsSent(options_.code);
    const std::optional<std::string> line = session_.console.ReadLine(CodePrompt());
    if (!line) return std::nullopt;
    return CodeAsSent(*line);
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
  const Options& options_;
  std::optional<TerminalSize> screen_;
  std::optional<QrFile> file_;
  std::optional<TerminalQr> drawn_;
  v1::EnrollResponse response_;
};

void AddParameters(CLI::App& command, Options& o) {
  command.add_option("--description", o.description,
                     "What the user calls the authenticator, such as \"Ann's phone\"");
  command.add_option("--issuer", o.issuer, "Name of the service in the app (default: the server's)");
  command.add_option("--account-name", o.account_name, "Name of the account in the app (default: USER)");
  command.add_option("--type", o.type, "Codes by time (totp, the default) or by counter (hotp)")
      ->check(CLI::IsMember({"totp", "hotp"}));
  command.add_option("--algorithm", o.algorithm, "Hash (default sha1). Many apps know no other")
      ->check(CLI::IsMember({"sha1", "sha256", "sha512"}));
  command.add_option("--digits", o.digits, "Length of a code (default 6)")->check(CLI::PositiveNumber);
  command.add_option("--period", o.period, "Seconds that a code lasts (default 30)")
      ->check(CLI::PositiveNumber);
}

void AddFiles(CLI::App& command, Options& o) {
  auto* secret = command.add_option(
      "--import-secret-file", o.secret_file,
      "File with the base32 secret that the authenticator already has; - is standard input");
  command
      .add_option("--import-uri-file", o.uri_file,
                  "File with the otpauth:// URI that the authenticator already has; - is standard input")
      ->excludes(secret)
      ->type_name("FILE");
  secret->type_name("FILE");
  auto* qr = command.add_option("--qr", o.qr, "Print a QR code: text unless --json")
                 ->check(CLI::IsMember({"text", "none"}));
  command
      .add_option("--qr-file", o.qr_file, "Write the QR code to this new file instead, FILE.png or FILE.svg")
      ->excludes(qr)
      ->type_name("FILE");
}

}  // namespace

void AddEnrollCommand(CLI::App& app, Session& session) {
  auto o = std::make_shared<Options>();
  CLI::App* command = AddCommand(
      app, "enroll", "Enrol an authenticator: show its QR code, ask for its first code, confirm it",
      "twofold enroll ann --description \"Ann's phone\"");
  command->add_option("USER", o->user, "User id")->required();
  AddParameters(*command, *o);
  AddFiles(*command, *o);
  AddProof(*command, o->proof);
  auto* code = command->add_option(
      "--code", o->code,
      "The authenticator's code, for an imported secret; - reads it from standard input, once the "
      "secret was printed");
  command->add_flag("--no-confirm", o->no_confirm, "Leave the method pending")->excludes(code);
  command->callback(
      [o, &session] { session.action = [o, &session] { return Enrollment(session, *o).Run(); }; });
}

}  // namespace twofold
