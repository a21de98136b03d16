#ifndef TWOFOLD_CLIENTS_CLI_COMMANDS_H_
#define TWOFOLD_CLIENTS_CLI_COMMANDS_H_

#include <CLI/App.hpp>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "clients/cli/session.h"
#include "twofold/v1/method.pb.h"

namespace twofold {

// Each function adds its subcommands to `app`. Parsing one of them sets `session.action`, which
// runs it. `session` must outlive the use of `app` and the action.
void AddEnrollCommand(CLI::App& app, Session& session);
void AddChallengeCommand(CLI::App& app, Session& session);
void AddLoginCommands(CLI::App& app, Session& session);
void AddMethodCommands(CLI::App& app, Session& session);
void AddBackupCodesCommands(CLI::App& app, Session& session);
void AddGrantCommands(CLI::App& app, Session& session);
void AddAdminCommands(CLI::App& app, Session& session);
void AddRewrapCommand(CLI::App& admin, Session& session);

// A subcommand of `admin`.
void AddImportCommand(CLI::App& admin, Session& session);

// These subcommands of `admin` open storage and files directly, without a server.
void AddMigrateCommand(CLI::App& admin, Session& session);
void AddBackupCommand(CLI::App& admin, Session& session);
// Its subcommand retire asks a server too.
void AddKeyRingCommands(CLI::App& admin, Session& session);
void AddPolicyCommands(CLI::App& admin, Session& session);
void AddExportCommand(CLI::App& admin, Session& session);

// Adds a subcommand with an example in its help.
CLI::App* AddCommand(CLI::App& parent, const std::string& name, const std::string& description,
                     const std::string& example);

// Makes `option` take names of types, with dashes or underscores, and no others than `names`.
void TakeTypes(CLI::Option& option, const std::vector<std::string>& names);

// Returns the type that such an option named, or METHOD_TYPE_UNSPECIFIED for "".
v1::MethodType TypeOfOption(absl::string_view name);

// The options of every request that carries a code or what a security key made.
struct CodeOptions {
  std::string proof_code;
  std::string proof_credential;
  // The challenge that the proof answers.
  std::string challenge;
  std::string client_address;
};

void AddClientAddress(CLI::App& command, CodeOptions& options);

// Adds --proof-code, --proof-credential, --challenge and --client-address.
void AddProof(CLI::App& command, CodeOptions& options);

// Copies the options into a request. Asks for the proof if it is "-".
template <typename Request>
void SetProof(Session& session, const CodeOptions& options, Request& request) {
  if (!options.proof_credential.empty()) {
    request.set_webauthn_credential_json(session.Credential(options.proof_credential));
  } else {
    const std::string code =
        session.Code(options.proof_code, "Code of a confirmed authenticator, or backup code: ");
    if (!code.empty()) request.set_proof_code(code);
  }
  request.set_challenge_id(options.challenge);
  request.set_client_address(options.client_address);
}

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_CLI_COMMANDS_H_
