#include "clients/cli/commands.h"

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
  command
      .add_option("--proof-code", options.proof_code,
                  "A code of a confirmed authenticator, or a backup code; - reads it from standard input")
      ->type_name("CODE");
  AddClientAddress(command, options);
}

}  // namespace twofold
