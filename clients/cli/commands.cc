#include "clients/cli/commands.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "absl/strings/str_replace.h"
#include "server/methods/type_name.h"

namespace twofold {

CLI::App* AddCommand(CLI::App& parent, const std::string& name, const std::string& description,
                     const std::string& example) {
  CLI::App* command = parent.add_subcommand(name, description);
  command->footer("Example:\n  " + example + "\n\nGlobal options are in: twofold --help");
  return command;
}

void AddClientAddress(CLI::App& command, CodeOptions& options) {
  command
      .add_option("--client-address", options.client_address, "The end user's IP address, for rate limiting")
      ->type_name("IP");
}

void AddProof(CLI::App& command, CodeOptions& options) {
  CLI::Option* const code =
      command
          .add_option("--proof-code", options.proof_code,
                      "A code of a confirmed authenticator, or a backup code; - reads it from standard input")
          ->type_name("CODE");
  CLI::Option* const credential =
      command
          .add_option("--proof-credential", options.proof_credential,
                      "Instead of a code, what a confirmed security key made; - reads it from standard input")
          ->excludes(code)
          ->type_name("FILE");
  CLI::Option* const challenge =
      command
          .add_option("--challenge", options.challenge,
                      "The id of the key's challenge, from: twofold challenge USER --for-change")
          ->needs(credential)
          ->type_name("ID");
  credential->needs(challenge);
  AddClientAddress(command, options);
}

void TakeTypes(CLI::Option& option, const std::vector<std::string>& names) {
  option.check(CLI::IsMember(names));
  const auto with_dashes = [](std::string& name) {
    std::replace(name.begin(), name.end(), '_', '-');
    return std::string();
  };
  // It runs before the check.
  option.transform(CLI::Validator(with_dashes, ""));
}

v1::MethodType TypeOfOption(absl::string_view name) {
  return MethodTypeNamed(absl::StrReplaceAll(name, {{"-", "_"}}));
}

}  // namespace twofold
