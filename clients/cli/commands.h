#ifndef TWOFOLD_CLIENTS_CLI_COMMANDS_H_
#define TWOFOLD_CLIENTS_CLI_COMMANDS_H_

#include <CLI/App.hpp>
#include <string>

#include "clients/cli/session.h"

namespace twofold {

// Each adds its subcommands to `app`; once one of them was parsed, `session.action` runs it. `session` must
// outlive `app`'s use and the action.
void AddEnrollCommand(CLI::App& app, Session& session);
void AddLoginCommands(CLI::App& app, Session& session);
void AddMethodCommands(CLI::App& app, Session& session);
void AddBackupCodesCommands(CLI::App& app, Session& session);
void AddAdminCommands(CLI::App& app, Session& session);

// Subcommands of `admin` that work straight on storage and files.
void AddCopyCommand(CLI::App& admin, Session& session);
void AddBackupCommand(CLI::App& admin, Session& session);
void AddKeyRingCommands(CLI::App& admin, Session& session);

// A subcommand with an example in its help.
CLI::App* AddCommand(CLI::App& parent, const std::string& name, const std::string& description,
                     const std::string& example);

// What every request that carries a code has.
struct CodeOptions {
  std::string proof_code;
  std::string client_address;
};

void AddClientAddress(CLI::App& command, CodeOptions& options);

// --proof-code and --client-address.
void AddProof(CLI::App& command, CodeOptions& options);

// Puts them into a request; asks for the proof code when it is "-".
template <typename Request>
void SetProof(Session& session, const CodeOptions& options, Request& request) {
  request.set_proof_code(session.Code(options.proof_code, "Code of a confirmed device, or backup code: "));
  request.set_client_address(options.client_address);
}

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_CLI_COMMANDS_H_
