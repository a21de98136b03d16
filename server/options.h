#ifndef TWOFOLD_SERVER_OPTIONS_H_
#define TWOFOLD_SERVER_OPTIONS_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/methods/webauthn/relying_party.h"

namespace twofold {

// The key ring that ends with the process.
inline constexpr absl::string_view kEphemeralKeyRing = "memory:";

// The options of the server, checked, with every default filled in. A plain value.
struct Options {
  // Not empty if --help or --version was given. Print it to stdout and exit 0. Nothing else is
  // filled in then.
  std::string exit_text;

  std::string listen = "127.0.0.1:50051";
  // The mode and group of unix sockets.
  mode_t listen_mode = 0600;
  std::optional<gid_t> listen_group;
  int max_connections = 1000;
  bool insecure = false;
  // PEM files. Empty means none.
  std::string tls_cert;
  std::string tls_key;
  std::string tls_client_ca;
  std::string authz_policy;   // A JSON file. Empty means that every caller has all roles.
  std::string caller_header;  // In lower case. Empty means none.
  bool reflection = true;
  std::string health_listen;                  // Empty means none.
  std::string ops_listen = "127.0.0.1:9464";  // Empty means off.
  int threads = 1;

  // How long the server waits for a storage or a limiter that cannot be reached yet, and how long
  // running calls may delay the end of the server.
  absl::Duration start_timeout = absl::Minutes(2);
  absl::Duration drain_timeout = absl::Seconds(5);

  std::string data_dir = "./twofold-data";
  std::string storage;       // A URI, which may hold a password.
  std::string rate_limiter;  // A URI, which may hold a password.
  std::string keyring;       // A URI.

  std::string audit_log = "stderr";  // "stderr", "none" or a path.
  bool audit_required = false;

  std::string issuer = "Twofold";
  absl::Duration pending_ttl = absl::Minutes(10);

  // The rate limiter counts attempts per window, per subject and per address of an end user.
  int64_t limit_attempts = 5;
  int64_t limit_address_attempts = 100;
  absl::Duration limit_window = absl::Seconds(100);

  // The durable budget. For consecutive failures, the first lock comes with number `lock_after`,
  // and the permanent lock with number `permanent_lock_after`.
  int64_t lock_after = 5;
  absl::Duration lock_initial = absl::Seconds(30);
  absl::Duration lock_max = absl::Hours(1);
  int64_t permanent_lock_after = 100;
  // The long-term budget, which a success does not clear.
  int64_t long_term_budget = 20;
  int64_t long_term_refill_per_day = 9;

  // Security keys. An empty id means that they are off.
  RelyingParty relying_party;

  // The page of prompts. Empty means that there are none.
  std::string prompt_url;

  // Sent codes. Carriers are URIs, and empty ones mean that the type is off.
  std::string sms_carrier;
  std::vector<std::string> sms_prefixes;
  std::string email_carrier;
  bool restricted_alone = false;
  int64_t send_daily_limit = 10'000;
  int64_t send_prefix_daily_limit = 1000;
};

// Reads flags first, then the environment (TWOFOLD_LISTEN for --listen), then defaults.
// INVALID_ARGUMENT is one line that names the flag and the allowed values. It quotes no URI.
absl::StatusOr<Options> ParseOptions(int argc, const char* const* argv);

// Returns one line for the log at start, without the user names and passwords of URIs.
std::string Describe(const Options& options);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_OPTIONS_H_
