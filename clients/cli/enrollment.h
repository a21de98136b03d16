#ifndef TWOFOLD_CLIENTS_CLI_ENROLLMENT_H_
#define TWOFOLD_CLIENTS_CLI_ENROLLMENT_H_

#include <string>

#include "clients/cli/commands.h"
#include "clients/cli/session.h"

namespace twofold {

// The command line of `twofold enroll`. An empty text means that the option was not given.
struct EnrollOptions {
  std::string user, description, issuer, account_name, secret_file, uri_file, qr_file;
  std::string type, algorithm, qr, code, phone, email, options_file, credential;
  int digits = 0, period = 0;
  bool no_confirm = false;
  CodeOptions proof;
};

// Enrols a method, shows what its device needs, and confirms it. Returns the exit code.
int Enroll(Session& session, const EnrollOptions& options);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_CLI_ENROLLMENT_H_
