#include "server/options.h"

#include <algorithm>
#include <thread>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "common/address.h"
#include "common/status_macros.h"
#include "common/unicode.h"
#include "server/builtins.h"
#include "server/method_options.h"
#include "server/option_flags.h"
#include "server/option_reader.h"
#include "storage/backend_uri.h"

namespace twofold {
namespace {

constexpr int64_t kMaxCount = 1'000'000'000;
constexpr absl::Duration kYear = absl::Hours(365 * 24);
constexpr size_t kMaxIssuerBytes = 64;

// The issuer is part of the label `issuer:account`, so it must not have a colon.
bool IsIssuer(absl::string_view text) {
  return !text.empty() && text.size() <= kMaxIssuerBytes && !absl::StrContains(text, ':') &&
         TextFault(text).empty();
}

int DefaultThreads() {
  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  return cores <= 2 ? 1 : static_cast<int>(std::min(cores / 2, 256U));
}

void ReadAddresses(OptionReader& reader, Options& options) {
  options.listen = reader.ListenAddress("listen");
  options.reflection = reader.Switch("reflection", IsLoopback(options.listen));
  if (!reader.Text("health_listen").empty()) options.health_listen = reader.ListenAddress("health_listen");
  // With port 0 each of the two gets a port of its own.
  if (options.health_listen == options.listen && !absl::EndsWith(options.listen, ":0")) {
    reader.RefuseText("health_listen", "a port other than --listen, which serves health itself");
  }
  options.listen_mode = reader.Mode("listen_mode");
  options.listen_group = reader.Group("listen_group");
  const bool has_unix =
      absl::StartsWith(options.listen, "unix:") || absl::StartsWith(options.health_listen, "unix:");
  if (!has_unix && (options.listen_group.has_value() || options.listen_mode != Options().listen_mode)) {
    reader.Refuse(options.listen_group.has_value() ? "listen_group" : "listen_mode",
                  "only a unix socket has one, and neither --listen nor --health_listen is one");
  }
  options.max_connections = static_cast<int>(reader.Count("max_connections", 100'000));
  options.ops_listen = reader.Text("ops_listen");
  if (!options.ops_listen.empty()) reader.ListenAddress("ops_listen");
  if (absl::StartsWith(options.ops_listen, "unix:"))
    reader.RefuseText("ops_listen", "host:port, or empty for none");
  options.threads =
      reader.Text("threads").empty() ? DefaultThreads() : static_cast<int>(reader.Count("threads", 256));
}

std::string ReadCallerFile(OptionReader& reader, absl::string_view flag) {
  const std::string& path = reader.Text(flag);
  if (absl::StrContains(path, '\n')) reader.RefuseText(flag, "the path of a file");
  return path;
}

// Reads who may call. Every combination that would promise more than it keeps is refused.
void ReadCallers(OptionReader& reader, Options& options) {
  options.tls_cert = ReadCallerFile(reader, "tls_cert");
  options.tls_key = ReadCallerFile(reader, "tls_key");
  options.tls_client_ca = ReadCallerFile(reader, "tls_client_ca");
  options.authz_policy = ReadCallerFile(reader, "authz_policy");
  options.caller_header = absl::AsciiStrToLower(reader.Text("caller_header"));
  options.insecure = reader.Switch("insecure", false);
  const bool loopback = IsLoopback(options.listen);
  const bool tls = !options.tls_cert.empty();
  if (tls != !options.tls_key.empty()) {
    reader.Refuse(tls ? "tls_cert" : "tls_key",
                  tls ? "needs its private key, --tls_key" : "needs its certificate, --tls_cert");
  }
  if (!options.tls_client_ca.empty() && !tls) {
    reader.Refuse("tls_client_ca",
                  "needs --tls_cert and --tls_key, because callers present certificates in TLS");
  }
  if (!options.caller_header.empty()) {
    if (options.caller_header != "x-forwarded-client-cert") {
      reader.RefuseText("caller_header", "x-forwarded-client-cert is the only one");
    } else if (!loopback) {
      reader.Refuse("caller_header",
                    "needs a --listen that is loopback or a unix socket: whoever else reaches the port could "
                    "write the header");
    } else if (!options.tls_client_ca.empty()) {
      reader.Refuse("caller_header", "cannot be used with --tls_client_ca: identities come from one of them");
    } else if (options.authz_policy.empty()) {
      reader.Refuse("caller_header", "needs --authz_policy, which says what each identity may do");
    }
  }
  if (!options.authz_policy.empty() && options.tls_client_ca.empty() && options.caller_header.empty()) {
    reader.Refuse("authz_policy",
                  "needs identities: --tls_client_ca for certificates, or --caller_header behind a proxy");
  }
  const bool guarded = tls && !options.tls_client_ca.empty() && !options.authz_policy.empty();
  if (!loopback && !guarded && !options.insecure) {
    reader.RefuseText("listen",
                      "other machines can reach it, so it needs --tls_cert, --tls_key, --tls_client_ca and "
                      "--authz_policy; use a loopback address or a unix socket, or --insecure if something "
                      "else keeps strangers out");
  }
}

void ReadStores(OptionReader& reader, Options& options) {
  options.data_dir = reader.Text("data_dir");
  const auto forbidden = [](char c) { return absl::ascii_iscntrl(c) || c == '?' || c == '#'; };
  if (options.data_dir.empty() || std::any_of(options.data_dir.begin(), options.data_dir.end(), forbidden)) {
    reader.RefuseText("data_dir", "a folder whose path has no ?, # or control character");
  }
  options.start_timeout = reader.Time("start_timeout", absl::Hours(24));
  options.drain_timeout = reader.Time("drain_timeout", absl::Hours(1));
  const std::string folder(absl::StripSuffix(options.data_dir, "/"));
  options.storage = reader.Uri("storage", DefaultStorage(folder));
  options.rate_limiter = reader.Uri("rate_limiter", DefaultRateLimiter(options.storage));
  // Data that ends with the process needs no key that outlives it.
  const bool ephemeral = BuiltinStorages([](const std::string&) {}).TraitsOf(options.storage).ephemeral;
  options.keyring = reader.Uri(
      "keyring", ephemeral ? std::string(kEphemeralKeyRing) : absl::StrCat("file:", folder, "/keyring.json"));
}

void ReadAudit(OptionReader& reader, Options& options) {
  options.audit_log = reader.Text("audit_log");
  if (options.audit_log.empty()) reader.RefuseText("audit_log", "stderr, none or a file");
  for (const char* const word : {"stderr", "none"}) {
    if (options.audit_log != word && absl::EqualsIgnoreCase(options.audit_log, word)) {
      reader.RefuseText("audit_log", absl::StrCat(word, " is written in lower case, and ./",
                                                  options.audit_log, " names a file of that name"));
    }
  }
  options.audit_required = reader.Switch("audit_required", false);
  if (options.audit_required && options.audit_log == "none") {
    reader.Refuse("audit_required", "needs an --audit_log other than none");
  }
}

void ReadGuards(OptionReader& reader, Options& options) {
  options.limit_attempts = reader.Count("limit_attempts", kMaxCount);
  options.limit_address_attempts = reader.Count("limit_address_attempts", kMaxCount);
  options.limit_window = reader.Time("limit_window", kYear);
  options.permanent_lock_after = reader.Count("permanent_lock_after", kMaxCount);
  options.lock_after =
      reader.Count("lock_after", options.permanent_lock_after, ", which is --permanent_lock_after");
  options.lock_max = reader.Time("lock_max", kYear);
  options.lock_initial = reader.Time("lock_initial", kYear);
  if (options.lock_initial > options.lock_max) {
    reader.RefuseText("lock_initial",
                      absl::StrCat("at most --lock_max, which is ", absl::FormatDuration(options.lock_max)));
  }
  options.long_term_budget = reader.Count("long_term_budget", kMaxCount);
  options.long_term_refill_per_day = reader.Count("long_term_refill_per_day", 1'000'000);
}

}  // namespace

absl::StatusOr<Options> ParseOptions(int argc, const char* const* argv) {
  TWOFOLD_ASSIGN_OR_RETURN(const FlagTexts texts, ReadFlags(argc, argv));
  Options options;
  options.exit_text = texts.exit_text;
  if (!options.exit_text.empty()) return options;
  OptionReader reader(texts);
  ReadAddresses(reader, options);
  ReadCallers(reader, options);
  ReadStores(reader, options);
  ReadAudit(reader, options);
  options.issuer = reader.Text("issuer");
  if (!IsIssuer(options.issuer)) {
    reader.RefuseText("issuer", absl::StrCat("1 to ", kMaxIssuerBytes,
                                             " bytes of UTF-8 without a colon and control characters"));
  }
  options.pending_ttl = reader.Time("pending_ttl", absl::Hours(24));
  ReadGuards(reader, options);
  ReadMethods(reader, options);
  TWOFOLD_RETURN_IF_ERROR(reader.status());
  return options;
}

std::string Describe(const Options& options) {
  const auto shown = [](bool value) { return value ? "true" : "false"; };
  return absl::StrCat(
      "listen=", options.listen, " listen_mode=", absl::StrFormat("%04o", options.listen_mode),
      " listen_group=", options.listen_group.has_value() ? absl::StrCat(*options.listen_group) : "",
      " max_connections=", options.max_connections, " insecure=", shown(options.insecure),
      " tls_cert=", options.tls_cert, " tls_key=", options.tls_key, " tls_client_ca=", options.tls_client_ca,
      " authz_policy=", options.authz_policy, " caller_header=", options.caller_header,
      " reflection=", shown(options.reflection), " health_listen=", options.health_listen,
      " ops_listen=", options.ops_listen, " threads=", options.threads,
      " start_timeout=", absl::FormatDuration(options.start_timeout),
      " drain_timeout=", absl::FormatDuration(options.drain_timeout), " data_dir=", options.data_dir,
      " storage=", RedactUri(options.storage), " rate_limiter=", RedactUri(options.rate_limiter),
      " keyring=", RedactUri(options.keyring), " audit_log=", options.audit_log,
      " audit_required=", shown(options.audit_required), " issuer=", QuoteOption(options.issuer),
      " pending_ttl=", absl::FormatDuration(options.pending_ttl), " limit_attempts=", options.limit_attempts,
      " limit_address_attempts=", options.limit_address_attempts,
      " limit_window=", absl::FormatDuration(options.limit_window), " lock_after=", options.lock_after,
      " lock_initial=", absl::FormatDuration(options.lock_initial),
      " lock_max=", absl::FormatDuration(options.lock_max),
      " permanent_lock_after=", options.permanent_lock_after, " long_term_budget=", options.long_term_budget,
      " long_term_refill_per_day=", options.long_term_refill_per_day, DescribeMethods(options));
}

}  // namespace twofold
