#ifndef TWOFOLD_SERVER_OPTIONS_H_
#define TWOFOLD_SERVER_OPTIONS_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace twofold {

// The key ring that ends with the process.
inline constexpr absl::string_view kEphemeralKeyRing = "memory:";

// What the server was told at start, checked, with every default filled in. A plain value.
struct Options {
  // Not empty when --help or --version was asked for: print it to stdout and exit 0. Nothing else is filled
  // in then.
  std::string exit_text;

  std::string listen = "127.0.0.1:50051";
  // Of unix sockets.
  mode_t listen_mode = 0600;
  std::optional<gid_t> listen_group;
  int max_connections = 1000;
  bool insecure = false;
  bool reflection = true;
  std::string health_listen;                  // Empty: none.
  std::string ops_listen = "127.0.0.1:9464";  // Empty: off.
  int threads = 1;

  // The longest wait for a storage or a limiter that is not there yet, and the longest that calls which are
  // under way may keep the server from ending.
  absl::Duration start_timeout = absl::Minutes(2);
  absl::Duration drain_timeout = absl::Seconds(5);

  std::string data_dir = "./twofold-data";
  std::string storage;       // URI; may hold a password.
  std::string rate_limiter;  // URI; may hold a password.
  std::string keyring;       // URI.

  std::string audit_log = "stderr";  // "stderr", "none" or a path.
  bool audit_required = false;

  std::string issuer = "Twofold";
  absl::Duration pending_ttl = absl::Minutes(10);

  // The rate limiter: attempts per window, per subject and per address of an end user.
  int64_t limit_attempts = 5;
  int64_t limit_address_attempts = 100;
  absl::Duration limit_window = absl::Seconds(100);

  // The durable budget. Consecutive failures: the first lock comes with number `lock_after`, the end at
  // `permanent_lock_after`.
  int64_t lock_after = 5;
  absl::Duration lock_initial = absl::Seconds(30);
  absl::Duration lock_max = absl::Hours(1);
  int64_t permanent_lock_after = 100;
  // What a success does not clear.
  int64_t long_term_budget = 20;
  int64_t long_term_refill_per_day = 9;
};

// Flags first, then the environment (TWOFOLD_LISTEN for --listen), then defaults. INVALID_ARGUMENT: one line
// that names the flag and what is allowed; it quotes no URI.
absl::StatusOr<Options> ParseOptions(int argc, const char* const* argv);

// One line for the log at start, without user names and passwords of URIs.
std::string Describe(const Options& options);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_OPTIONS_H_
