#include "clients/cli/cli.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "clients/cli/commands.h"
#include "clients/cli/text.h"
#include "common/unicode.h"
#include "server/environment.h"

namespace twofold {
namespace {

constexpr char kVersion[] = "twofold 0.1.0";
constexpr char kFooter[] =
    "Exit codes: 0 done, 1 refused, 2 wrong usage, 3 no answer from the server or the storage.\n"
    "Example:\n  twofold enroll ann --description \"Ann's phone\"";

std::string CheckAddress(const std::string& address) {
  const absl::Status status = CheckServerAddress(address);
  return status.ok() ? "" : absl::StrCat("'", address, "': ", status.message());
}

// Reads "500ms", "2s", or a number of seconds.
std::string ParseTimeout(const std::string& text, absl::Duration& timeout) {
  double seconds = 0;
  if (absl::SimpleAtod(text, &seconds)) {
    timeout = absl::Seconds(seconds);
  } else if (!absl::ParseDuration(text, &timeout)) {
    timeout = absl::ZeroDuration();
  }
  const bool ok = timeout > absl::ZeroDuration() && timeout <= absl::Hours(1);
  return ok ? "" : absl::StrCat("'", text, "' is not a time such as 500ms or 2s, of at most 1h");
}

void AddGlobalOptions(CLI::App& app, Session& session) {
  app.add_option("--address", session.address, "Server: host:port or unix:/path")
      ->envname(kAddressVariable)
      ->check(CLI::Validator(CheckAddress, ""))
      ->capture_default_str();
  app.add_option("--ca", session.tls.ca, "PEM: the certificates that issue the server's; turns TLS on")
      ->envname(kCaVariable)
      ->type_name("FILE");
  app.add_option("--cert", session.tls.certificate, "PEM: the certificate to present to the server")
      ->envname(kCertVariable)
      ->type_name("FILE");
  app.add_option("--key", session.tls.key, "PEM: its private key")->envname(kKeyVariable)->type_name("FILE");
  app.add_option("--server-name", session.server_name,
                 "The name in the server's certificate (default: the host of --address)")
      ->envname(kServerNameVariable)
      ->type_name("NAME");
  app.add_option("--tenant", session.tenant, "Tenant of the user (default: the default tenant)");
  app.add_option_function<std::string>(
         "--timeout",
         [&session](const std::string& text) {
           if (auto error = ParseTimeout(text, session.timeout); !error.empty())
             throw CLI::ValidationError("--timeout", error);
           session.send_timeout = session.timeout;
         },
         "Longest wait for the server (default 2s, and 20s where it sends a code)")
      ->type_name("TIME");
  app.add_option("--request-id", session.request_id,
                 "UUID of this change. Repeat a change whose answer was lost with the same one, within 60 s")
      ->type_name("UUID");
  app.add_flag("--json", session.json,
               "Print one JSON object, the answer or {\"error\": …}, and ask nothing");
  app.set_version_flag("--version", kVersion, "Print the version");
}

void AddCommands(CLI::App& app, Session& session) {
  app.require_subcommand(1);
  // Accepts global options behind the subcommand too.
  app.fallthrough();
  AddGlobalOptions(app, session);
  AddEnrollCommand(app, session);
  AddChallengeCommand(app, session);
  AddLoginCommands(app, session);
  AddMethodCommands(app, session);
  AddBackupCodesCommands(app, session);
  AddGrantCommands(app, session);
  AddAdminCommands(app, session);
  app.footer(kFooter);
}

// Returns the deepest subcommand that was parsed.
const CLI::App& Innermost(const CLI::App& app) {
  const auto parsed = app.get_subcommands();
  return parsed.empty() ? app : Innermost(*parsed.front());
}

std::string FullName(const CLI::App& app) {
  return app.get_parent() == nullptr ? app.get_name() : FullName(*app.get_parent()) + " " + app.get_name();
}

std::string UsageMessage(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& innermost = Innermost(app);
  const std::string help = absl::StrCat(" (see ", FullName(innermost), " --help)");
  const std::vector<std::string> rest = app.remaining(true);
  const bool no_command =
      dynamic_cast<const CLI::RequiredError*>(&error) && !innermost.get_subcommands({}).empty();
  if (no_command && !rest.empty()) return absl::StrCat("unknown command ", rest.front(), help);
  return absl::StrCat(absl::StripSuffix(error.what(), "\n"), help);
}

int FailUsage(Session& session, absl::string_view message) {
  if (session.json) {
    session.console.Print(absl::StrCat("{\"error\":", UsageJson(message), "}\n"));
  } else {
    session.console.Complain(message);
  }
  return kUsage;
}

}  // namespace

int RunCli(int argc, char** argv) {
  Session session;
  // An error in the command line may come before its flags are parsed.
  char** const end = argv + argc;
  session.json = std::find(argv, end, absl::string_view("--json")) != end;
  if (!std::all_of(argv, end, IsUtf8)) return FailUsage(session, "an argument is not valid UTF-8");

  CLI::App app(
      "Enrols authenticators, checks codes, manages second factors of users and maintains the storage.",
      "twofold");
  AddCommands(app, session);
  try {
    app.parse(argc, argv);
    for (const std::string& warning : EnvironmentWarnings(environ)) session.console.Complain(warning);
    return session.action();
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    return FailUsage(session, UsageMessage(app, error));
  }
}

}  // namespace twofold
