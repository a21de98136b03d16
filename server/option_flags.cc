#include "server/option_flags.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "server/ops/version.h"
#include "storage/backend_uri.h"

namespace twofold {
namespace {

struct Flag {
  const char* group;
  const char* name;
  const char* type;  // Null for a switch, which is true if it is given without a value.
  const char* fallback;
  const char* help;
};

constexpr char kAddresses[] = "Addresses";
constexpr char kCallers[] = "Callers";
constexpr char kProcess[] = "Start and end";
constexpr char kStores[] = "Storage";
constexpr char kAudit[] = "Audit log";
constexpr char kEnrolment[] = "Enrolment";
constexpr char kKeys[] = "Security keys";
constexpr char kPrompts[] = "Prompts";
constexpr char kSent[] = "Codes by SMS and e-mail";
constexpr char kLimiter[] = "Guessing: the rate limiter";
constexpr char kBudget[] = "Guessing: the durable budget of a subject";

constexpr Flag kFlags[] = {
    {kAddresses, "listen", "ADDR", "127.0.0.1:50051",
     "gRPC: host:port, [IPv6]:port or unix:/path; port 0 picks a free one"},
    {kAddresses, "listen_mode", "MODE", "0600", "octal mode of a unix socket of --listen or --health_listen"},
    {kAddresses, "listen_group", "GROUP", "", "the group of such a socket, by name or number"},
    {kAddresses, "max_connections", "N", "1000",
     "gRPC connections at the same time; idle ones are closed before others are refused"},
    {kAddresses, "reflection", nullptr, "",
     "gRPC server reflection; by default only when --listen is loopback or a unix socket"},
    {kAddresses, "health_listen", "ADDR", "",
     "a second port without TLS for grpc.health.v1 only; none by default"},
    {kAddresses, "ops_listen", "ADDR", "127.0.0.1:9464",
     "HTTP with /metrics, /livez and /readyz; --ops_listen= turns it off"},
    {kAddresses, "threads", "N", "",
     "threads that serve requests; by default 1 on up to 2 cores, else half the cores"},
    {kCallers, "tls_cert", "FILE", "",
     "PEM: the certificate that --listen presents, then those that issued it; read again when it changes"},
    {kCallers, "tls_key", "FILE", "", "PEM: its private key, without a password"},
    {kCallers, "tls_client_ca", "FILE", "", "PEM: the certificates that issue the certificates of callers"},
    {kCallers, "authz_policy", "FILE", "",
     "JSON: the roles and tenants of callers; without it every caller has all roles"},
    {kCallers, "caller_header", "NAME", "",
     "x-forwarded-client-cert: take callers' identities from a proxy on this machine"},
    {kCallers, "insecure", nullptr, "false",
     "allow --listen to be reached from other machines without TLS, client CA and policy"},
    {kProcess, "start_timeout", "TIME", "2m",
     "the longest wait for a storage or a rate limiter that cannot be reached at the start"},
    {kProcess, "drain_timeout", "TIME", "5s",
     "how long running calls may delay the end of a server that was told to stop"},
    {kStores, "data_dir", "DIR", "./twofold-data", "the folder of the embedded defaults"},
    {kStores, "storage", "URI", "", "by default sqlite:DATA_DIR/twofold.db"},
    {kStores, "rate_limiter", "URI", "", "by default the Redis of --storage, else local: (this process)"},
    {kStores, "keyring", "URI", "",
     "by default file:DATA_DIR/keyring.json; with --storage=memory: one in memory"},
    {kAudit, "audit_log", "TO", "stderr",
     "stderr, none, /dev/stdout, a file or a named pipe; one JSON object a line; SIGHUP opens the file "
     "again"},
    {kAudit, "audit_required", nullptr, "false", "reject calls while their audit events cannot be written"},
    {kEnrolment, "issuer", "TEXT", "Twofold", "the name that apps show if a caller gives none"},
    {kEnrolment, "pending_ttl", "TIME", "10m", "how long an enrolment may wait for its confirmation"},
    {kKeys, "webauthn_rp_id", "HOST", "",
     "the host for which keys are registered; without it security keys are off; changing it makes all keys "
     "useless"},
    {kKeys, "webauthn_rp_name", "TEXT", "", "the name that browsers show; by default the issuer"},
    {kKeys, "webauthn_origins", "LIST", "",
     "the pages that may use keys, with commas between them; by default https://HOST"},
    {kKeys, "webauthn_user_verification", "WORD", "preferred",
     "required, preferred or discouraged: whether a key checks its user by a PIN or a fingerprint"},
    {kPrompts, "prompt_url", "URL", "",
     "where browsers reach twofold-prompt, such as https://login.example.org; without it there are no "
     "prompts"},
    {kSent, "sms_carrier", "URI", "",
     "what sends codes to phones: https://…, caller: or file:PATH; without it SMS are off"},
    {kSent, "sms_prefixes", "LIST", "",
     "the dial prefixes that may get SMS, such as +49,+43; needed for --sms_carrier"},
    {kSent, "email_carrier", "URI", "",
     "what sends codes by e-mail: smtps://…, smtp://…, https://…, caller: or file:PATH"},
    {kSent, "email_codes", nullptr, "false",
     "allow e-mail as a second factor, which NIST SP 800-63B-4 does not; needed for --email_carrier"},
    {kSent, "restricted_alone", nullptr, "false", "allow SMS or e-mail as the only method of a user"},
    {kSent, "send_daily_limit", "N", "10000", "SMS in all, and mails in all, that are sent in a day"},
    {kSent, "send_prefix_daily_limit", "N", "1000", "SMS to one dial prefix that are sent in a day"},
    {kLimiter, "limit_attempts", "N", "5", "one-time passwords (OTPs) of one subject in a window"},
    {kLimiter, "limit_address_attempts", "N", "100", "attempts from one address of an end user in a window"},
    {kLimiter, "limit_window", "TIME", "100s", "the window"},
    {kBudget, "lock_after", "N", "5", "consecutive failures that start the first lock"},
    {kBudget, "lock_initial", "TIME", "30s", "the first lock; each later one lasts twice as long"},
    {kBudget, "lock_max", "TIME", "1h", "the longest lock"},
    {kBudget, "permanent_lock_after", "N", "100",
     "consecutive failures that start the permanent lock; 100 is the maximum of NIST SP 800-63B-4, 3.2.2"},
    {kBudget, "long_term_budget", "N", "20",
     "units of the long-term budget, which a success does not refill"},
    {kBudget, "long_term_refill_per_day", "N", "9", "units of that budget that come back each day"},
};

constexpr char kFooter[] =
    "A TIME is written 30s, 10m or 2h45m. Each flag can also be set by an environment variable, such as\n"
    "TWOFOLD_DATA_DIR for --data_dir; the command line wins. Passwords in URIs belong in the environment,\n"
    "because everybody on the machine can see command lines.";

std::string EnvironmentName(const char* flag) {
  return absl::StrCat("TWOFOLD_", absl::AsciiStrToUpper(flag));
}

// Reads --limit-window=100s as --limit_window=100s, and --ops_listen= as an empty value. CLI11
// would take the next argument as the value.
std::vector<std::string> Normalise(int argc, const char* const* argv) {
  std::vector<std::string> out;
  for (int i = 1; i < argc; ++i) {
    std::string argument = argv[i];
    if (!absl::StartsWith(argument, "--") || argument.size() == 2) {
      out.push_back(std::move(argument));
      continue;
    }
    const size_t equals = std::min(argument.find('='), argument.size());
    std::replace(argument.begin() + 2, argument.begin() + static_cast<std::ptrdiff_t>(equals), '-', '_');
    const bool empty_value = equals + 1 == argument.size();
    if (empty_value) argument.pop_back();
    out.push_back(std::move(argument));
    if (empty_value) out.emplace_back();
  }
  return out;
}

std::unique_ptr<CLI::App> NewApp(FlagTexts& texts) {
  auto app = std::make_unique<CLI::App>("Second-factor service over gRPC.", "twofold-server");
  for (const Flag& flag : kFlags) {
    std::string& value = texts.values[flag.name];
    value = flag.fallback;
    const std::string name = absl::StrCat("--", flag.name);
    CLI::Option* option = flag.type == nullptr ? app->add_flag(name, value, flag.help)
                                               : app->add_option(name, value, flag.help);
    option->envname(EnvironmentName(flag.name))->group(flag.group);
    if (flag.type != nullptr) option->type_name(flag.type);
    if (*flag.fallback != '\0') option->default_str(flag.fallback);
  }
  app->set_version_flag("--version", absl::StrCat("twofold-server ", kVersion));
  app->footer(kFooter);
  app->allow_extras();
  app->get_formatter()->column_width(34);
  return app;
}

// Reports the first argument that no flag took. The message does not repeat its value, which may be
// a URI with a password.
absl::Status Unexpected(const std::string& argument) {
  if (absl::StartsWith(argument, "-") && argument != "--") {
    return absl::InvalidArgumentError(
        absl::StrCat(argument.substr(0, argument.find('=')), ": there is no such flag; see --help"));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("an argument that belongs to no flag: \"", RedactUri(argument), "\"; see --help"));
}

}  // namespace

absl::StatusOr<FlagTexts> ReadFlags(int argc, const char* const* argv) {
  FlagTexts texts;
  const std::unique_ptr<CLI::App> app = NewApp(texts);
  std::vector<std::string> arguments = Normalise(argc, argv);
  std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back.
  try {
    app->parse(std::move(arguments));
  } catch (const CLI::CallForHelp&) {
    texts.exit_text = app->help();
  } catch (const CLI::CallForVersion& version) {
    texts.exit_text = absl::StrCat(version.what(), "\n");
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string text = error.what();
    return absl::InvalidArgumentError(
        absl::StrCat(text.substr(0, text.find(':')),
                     absl::StrContains(text, "missing") ? ": needs a value" : ": given more than once"));
  } catch (const CLI::ParseError& error) {
    return absl::InvalidArgumentError(absl::StrReplaceAll(error.what(), {{"\n", " "}}));
  }
  if (texts.exit_text.empty() && !app->remaining().empty()) return Unexpected(app->remaining().front());
  return texts;
}

std::vector<std::string> FlagVariables() {
  std::vector<std::string> names;
  for (const Flag& flag : kFlags) names.push_back(EnvironmentName(flag.name));
  return names;
}

}  // namespace twofold
