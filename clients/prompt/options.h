#ifndef TWOFOLD_CLIENTS_PROMPT_OPTIONS_H_
#define TWOFOLD_CLIENTS_PROMPT_OPTIONS_H_

#include <string>

#include "absl/status/statusor.h"
#include "clients/cpp/tls.h"
#include "clients/prompt/client_address.h"
#include "clients/prompt/public_url.h"

namespace twofold {

struct PromptOptions {
  // The text of --help or --version, with which the process ends.
  std::string exit_text = {};
  std::string listen = {};
  std::string ops_listen = {};
  std::string server = {};
  std::string server_name = {};
  ClientTlsFiles tls = {};
  PublicUrl public_url = {};
  TrustedProxies trusted_proxies = {};
  std::string theme = {};
};

// Reads the command line and the environment. INVALID_ARGUMENT is one line that names the flag. The files
// are not read.
absl::StatusOr<PromptOptions> ParsePromptOptions(int argc, const char* const* argv);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_PROMPT_OPTIONS_H_
