#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "clients/cli/commands.h"
#include "clients/cli/enrollment.h"

namespace twofold {
namespace {

void AddParameters(CLI::App& command, EnrollOptions& o) {
  command.add_option("--description", o.description,
                     "What the user calls the authenticator, such as \"Ann's phone\"");
  command.add_option("--issuer", o.issuer, "Name of the service in the app (default: the server's)");
  command.add_option("--account-name", o.account_name, "Name of the account in the app (default: USER)");
  TakeTypes(*command.add_option("--type", o.type,
                                "Codes by time (totp, the default) or by counter (hotp), a security key, or "
                                "codes that are sent by SMS or e-mail"),
            {"totp", "hotp", "security-key", "sms", "email"});
  command.add_option("--phone", o.phone, "With --type sms: the number, such as +4915112345678")
      ->type_name("NUMBER");
  command.add_option("--email", o.email, "With --type email: the address")->type_name("ADDRESS");
  command.add_option("--algorithm", o.algorithm, "Hash (default sha1). Many apps know no other")
      ->check(CLI::IsMember({"sha1", "sha256", "sha512"}));
  command.add_option("--digits", o.digits, "Length of a code (default 6)")->check(CLI::PositiveNumber);
  command.add_option("--period", o.period, "Seconds that a code lasts (default 30)")
      ->check(CLI::PositiveNumber);
}

void AddFiles(CLI::App& command, EnrollOptions& o) {
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
  command
      .add_option("--options", o.options_file,
                  "With --type security-key: write the options for the browser to this new file instead")
      ->type_name("FILE");
}

// Refuses options that mean nothing for the type, before anything is sent.
void CheckFits(const CLI::App& command, const EnrollOptions& o) {
  const std::string type = o.type.empty() ? "totp" : o.type;
  const struct {
    const char* option;
    std::vector<std::string> types;
  } kOnlyFor[] = {
      {"--phone", {"sms"}},
      {"--email", {"email"}},
      {"--options", {"security-key"}},
      {"--credential", {"security-key"}},
      {"--code", {"totp", "hotp", "sms", "email"}},
      {"--issuer", {"totp", "hotp"}},
      {"--account-name", {"totp", "hotp", "security-key"}},
      {"--algorithm", {"totp", "hotp"}},
      {"--digits", {"totp", "hotp"}},
      {"--period", {"totp", "hotp"}},
      {"--import-secret-file", {"totp", "hotp"}},
      {"--import-uri-file", {"totp", "hotp"}},
      {"--qr", {"totp", "hotp"}},
      {"--qr-file", {"totp", "hotp"}},
  };
  for (const auto& [option, types] : kOnlyFor) {
    if (command.count(option) == 0 || std::find(types.begin(), types.end(), type) != types.end()) continue;
    throw CLI::ValidationError(absl::StrCat(option, " does not go with --type ", type));
  }
  if (type == "sms" && o.phone.empty()) throw CLI::RequiredError("--phone NUMBER");
  if (type == "email" && o.email.empty()) throw CLI::RequiredError("--email ADDRESS");
}

}  // namespace

void AddEnrollCommand(CLI::App& app, Session& session) {
  auto o = std::make_shared<EnrollOptions>();
  CLI::App* command = AddCommand(
      app, "enroll",
      "Enrol an authenticator: show its QR code, or send a code, ask for the first code, and confirm it",
      "twofold enroll ann --description \"Ann's phone\"");
  command->add_option("USER", o->user, "User id")->required();
  AddParameters(*command, *o);
  AddFiles(*command, *o);
  AddProof(*command, o->proof);
  auto* code = command->add_option(
      "--code", o->code,
      "The authenticator's code, for an imported secret; - reads it from standard input, once the "
      "secret was printed");
  auto* credential =
      command
          ->add_option("--credential", o->credential,
                       "With --type security-key: the JSON that the key made; - (the default) reads it from "
                       "standard input, once the options were printed")
          ->type_name("FILE");
  command->add_flag("--no-confirm", o->no_confirm, "Leave the method pending")
      ->excludes(code)
      ->excludes(credential);
  command->callback([o, command, &session] {
    CheckFits(*command, *o);
    session.action = [o, &session] { return Enroll(session, *o); };
  });
}

}  // namespace twofold
