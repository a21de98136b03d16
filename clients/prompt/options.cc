#include "clients/prompt/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "clients/cpp/client.h"
#include "common/address.h"
#include "common/status_macros.h"
#include "server/ops/version.h"

namespace twofold {
namespace {

struct Texts {
  std::string public_url;
  std::string trusted_proxies;
};

constexpr char kFooter[] =
    "Each flag can also be set by an environment variable, such as TWOFOLD_PROMPT_LISTEN for --listen.\n"
    "The command line wins.";

void AddFlag(CLI::App& app, const char* name, std::string& value, const char* type, const char* help) {
  const std::string variable = absl::StrCat("TWOFOLD_PROMPT_", absl::AsciiStrToUpper(name));
  CLI::Option* const option = app.add_option(absl::StrCat("--", name), value, help);
  option->type_name(type)->envname(variable);
  if (!value.empty()) option->default_str(value);
}

void AddFlags(CLI::App& app, PromptOptions& options, Texts& texts) {
  options.listen = "127.0.0.1:7480";
  options.ops_listen = "127.0.0.1:9465";
  options.server = "127.0.0.1:50051";
  AddFlag(app, "public_url", texts.public_url, "URL",
          "where browsers reach this process, as the server's --prompt_url; needed");
  AddFlag(app, "listen", options.listen, "ADDR", "HTTP for browsers: host:port; port 0 picks a free one");
  AddFlag(app, "trusted_proxies", texts.trusted_proxies, "LIST",
          "the addresses and networks of proxies whose X-Forwarded-For counts, such as 10.0.0.0/8");
  AddFlag(app, "theme", options.theme, "FILE", "JSON with name, logo, color and color_dark");
  AddFlag(app, "ops_listen", options.ops_listen, "ADDR",
          "HTTP with /metrics, /livez and /readyz; --ops_listen= turns it off");
  AddFlag(app, "server", options.server, "ADDR", "the server: host:port or unix:/path");
  AddFlag(app, "server_name", options.server_name, "NAME",
          "the name in the server's certificate; by default the host of --server");
  AddFlag(app, "ca", options.tls.ca, "FILE", "PEM: the certificates that issue the server's; turns TLS on");
  AddFlag(app, "cert", options.tls.certificate, "FILE", "PEM: the certificate of this process");
  AddFlag(app, "key", options.tls.key, "FILE", "PEM: its private key");
}

// Reads --public-url=X as --public_url=X, and --ops_listen= as an empty value, as the server does.
std::vector<std::string> Normalise(int argc, const char* const* argv) {
  std::vector<std::string> out;
  for (int i = 1; i < argc; ++i) {
    std::string argument = argv[i];
    if (absl::StartsWith(argument, "--")) {
      const size_t end = std::min(argument.find('='), argument.size());
      std::replace(argument.begin() + 2, argument.begin() + static_cast<std::ptrdiff_t>(end), '-', '_');
      if (end + 1 == argument.size()) {
        out.push_back(argument.substr(0, end));
        argument.clear();
      }
    }
    out.push_back(std::move(argument));
  }
  std::reverse(out.begin(), out.end());  // CLI11 takes them from the back.
  return out;
}

absl::Status Refuse(absl::string_view flag, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("--", flag, ": ", why));
}

absl::Status CheckAddresses(const PromptOptions& options) {
  const absl::StatusOr<Address> listen = ParseAddress(options.listen);
  if (!listen.ok()) return Refuse("listen", listen.status().message());
  if (listen->is_unix()) return Refuse("listen", "must be host:port");
  if (!options.ops_listen.empty()) {
    const absl::StatusOr<Address> ops = ParseAddress(options.ops_listen);
    if (!ops.ok()) return Refuse("ops_listen", ops.status().message());
  }
  const absl::Status server = CheckServerAddress(options.server);
  return server.ok() ? server : Refuse("server", server.message());
}

absl::Status CheckTls(const PromptOptions& options) {
  const ClientTlsFiles& tls = options.tls;
  if (tls.certificate.empty() != tls.key.empty())
    return Refuse("cert", "needs --key, and the other way round");
  if (tls.ca.empty() && !tls.certificate.empty()) return Refuse("cert", "needs --ca");
  if (tls.ca.empty() && !IsLoopback(options.server)) {
    return Refuse("server", "is on another machine, so --ca, --cert and --key are needed");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<PromptOptions> ParsePromptOptions(int argc, const char* const* argv) {
  PromptOptions options;
  Texts texts;
  CLI::App app("The page of Twofold's prompts, for browsers.", "twofold-prompt");
  AddFlags(app, options, texts);
  app.set_version_flag("--version", absl::StrCat("twofold-prompt ", kVersion));
  app.footer(kFooter);
  app.get_formatter()->column_width(34);
  try {
    app.parse(Normalise(argc, argv));
  } catch (const CLI::CallForHelp&) {
    options.exit_text = app.help();
    return options;
  } catch (const CLI::CallForVersion& version) {
    options.exit_text = absl::StrCat(version.what(), "\n");
    return options;
  } catch (const CLI::ParseError& error) {
    return absl::InvalidArgumentError(
        absl::StrCat(absl::StrReplaceAll(error.what(), {{"\n", " "}}), "; see --help"));
  }
  absl::StatusOr<PublicUrl> url = ParsePublicUrl(texts.public_url);
  if (!url.ok()) return Refuse("public_url", url.status().message());
  options.public_url = *std::move(url);
  absl::StatusOr<TrustedProxies> proxies = TrustedProxies::Parse(texts.trusted_proxies);
  if (!proxies.ok()) return Refuse("trusted_proxies", proxies.status().message());
  options.trusted_proxies = *std::move(proxies);
  TWOFOLD_RETURN_IF_ERROR(CheckAddresses(options));
  TWOFOLD_RETURN_IF_ERROR(CheckTls(options));
  return options;
}

}  // namespace twofold
