#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <regex>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "tests/harness/command_process.h"

namespace twofold {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using Arguments = std::vector<std::string>;

TEST(HelpTest, EverySubcommandHasHelpWithAnExample) {
  const Arguments kCommands[] = {
      {},
      {"enroll"},
      {"confirm"},
      {"challenge"},
      {"verify"},
      {"resync"},
      {"methods"},
      {"method"},
      {"method", "rename"},
      {"method", "disable"},
      {"method", "enable"},
      {"method", "prefer"},
      {"method", "delete"},
      {"backup-codes"},
      {"backup-codes", "rotate"},
      {"backup-codes", "delete"},
      {"grants"},
      {"revoke-grants"},
      {"admin"},
      {"admin", "unlock"},
      {"admin", "reset"},
      {"admin", "migrate"},
      {"admin", "backup"},
      {"admin", "keyring"},
      {"admin", "keyring", "new"},
  };
  for (Arguments arguments : kCommands) {
    const std::string name = absl::StrJoin(arguments, " ");
    arguments.push_back("--help");
    const Outcome outcome = RunCommand(arguments);
    EXPECT_EQ(outcome.exit_code, 0) << name;
    EXPECT_THAT(outcome.out, HasSubstr(absl::StrCat("Example:\n  twofold ", name)));
    EXPECT_EQ(outcome.err, "") << name;
  }
}

TEST(EnvironmentTest, MisspeltVariablesAreNamedAndThoseOfTheHelpAreKnown) {
  std::vector<std::string> environment = {"TWOFOLD_ADRESS=hunter2:1"};
  for (const Arguments& command : {Arguments{"--help"}, Arguments{"admin", "migrate", "--help"}}) {
    const std::string help = RunCommand(command).out;
    const std::regex kVariable("Env:(TWOFOLD_[A-Z_]+)");
    for (std::sregex_iterator found(help.begin(), help.end(), kVariable), end; found != end; ++found) {
      // Those of TLS name files, and an empty text stands for none.
      const bool is_file = (*found)[1] == "TWOFOLD_CA" || (*found)[1] == "TWOFOLD_CERT" ||
                           (*found)[1] == "TWOFOLD_KEY" || (*found)[1] == "TWOFOLD_SERVER_NAME";
      environment.push_back((*found)[1].str() + (is_file ? "=" : "=127.0.0.1:1"));
    }
  }
  EXPECT_GE(environment.size(), 4U);
  const Outcome outcome = RunCommand({"methods", "ann"}, "", environment);
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.err, StartsWith("twofold: the environment variable TWOFOLD_ADRESS is not known and has "
                                      "no effect; did you mean TWOFOLD_ADDRESS?\n"
                                      "twofold: cannot reach 127.0.0.1:1: "));
}

TEST(HelpTest, VersionIsPrinted) {
  const Outcome outcome = RunCommand({"--version"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, StartsWith("twofold "));
}

TEST(UsageTest, WrongCommandLineIsNamedInOneLine) {
  const struct {
    Arguments arguments;
    const char* part;
  } kCases[] = {
      {{}, "A subcommand is required (see twofold --help)"},
      {{"frobnicate"}, "unknown command frobnicate (see twofold --help)"},
      {{"method", "frobnicate"}, "unknown command frobnicate (see twofold method --help)"},
      {{"backup-codes"}, "A subcommand is required (see twofold backup-codes --help)"},
      {{"verify", "ann"}, "CODE or --credential is required (see twofold verify --help)"},
      {{"confirm", "ann", "m1"}, "CODE or --credential is required (see twofold confirm --help)"},
      {{"confirm", "ann", "m1", "123456", "--credential", "-"}, "CODE excludes --credential"},
      {{"verify", "ann", "123456", "--credential", "-", "--challenge", "c"}, "CODE excludes --credential"},
      {{"verify", "ann", "--credential", "-"}, "--credential requires --challenge"},
      {{"verify", "ann", "--credential", "-", "--challenge", "c"}, "no credential in standard input"},
      {{"verify", "ann", "--credential", "/no/such/file", "--challenge", "c"}, "cannot read /no/such/file: "},
      {{"backup-codes", "rotate", "ann", "--proof-credential", "-"},
       "--proof-credential requires --challenge"},
      {{"backup-codes", "rotate", "ann", "--challenge", "c"}, "--challenge requires --proof-credential"},
      {{"method", "delete", "ann", "m1", "--yes", "--proof-code", "1", "--proof-credential", "-",
        "--challenge", "c"},
       "--proof-code excludes --proof-credential"},
      {{"challenge", "ann", "--type", "totp"}, "--type"},
      {{"verify", "ann", "123456", "extra"}, "extra"},
      {{"verify", "ann", "123456", "--frob"}, "--frob"},
      {{"verify", "ann", "123456", "--allow", "totp,pigeon"}, "pigeon"},
      {{"verify", "ann", "-"}, "no code on standard input"},
      {{"verify", "Zo\xc3", "123456"}, "not valid UTF-8"},
      {{"enroll", "ann", "--type", "pigeon"}, "--type"},
      {{"enroll", "ann", "--type", "sms"}, "--phone NUMBER is required"},
      {{"enroll", "ann", "--type", "email", "--phone", "+4915112345678"},
       "--phone does not go with --type email"},
      {{"enroll", "ann", "--type", "email"}, "--email ADDRESS is required"},
      {{"enroll", "ann", "--type", "totp", "--phone", "+4915112345678"},
       "--phone does not go with --type totp"},
      {{"enroll", "ann", "--email", "ann@example.org"}, "--email does not go with --type totp"},
      {{"enroll", "ann", "--credential", "-"}, "--credential does not go with --type totp"},
      {{"enroll", "ann", "--type", "security-key", "--code", "1"},
       "--code does not go with --type security-key"},
      {{"enroll", "ann", "--type", "security_key", "--qr", "text"},
       "--qr does not go with --type security-key"},
      {{"enroll", "ann", "--type", "sms", "--phone", "+4915112345678", "--digits", "8"},
       "--digits does not go with --type sms"},
      {{"enroll", "ann", "--type", "sms", "--phone", "+4915112345678", "--options", "f"},
       "--options does not go with --type sms"},
      {{"enroll", "ann", "--type", "security-key", "--credential", "-", "--no-confirm"}, "--no-confirm"},
      {{"enroll", "ann", "--digits", "six"}, "--digits"},
      {{"enroll", "ann", "--code", "123456", "--no-confirm"}, "--no-confirm"},
      {{"enroll", "ann", "--qr-file", "qr.jpg"}, "neither .png nor .svg"},
      {{"enroll", "ann", "--qr-file", "/no/such/folder/qr.png"}, "/no/such/folder/qr.png: No such file"},
      {{"enroll", "ann", "--import-secret-file", "/no/such/file"},
       "cannot read /no/such/file: No such file or directory"},
      {{"enroll", "ann", "--import-secret-file", "-"}, "- is empty"},
      {{"enroll", "ann", "--import-secret-file", "-", "--import-uri-file", "-"}, "--import-"},
      {{"admin", "reset", "ann"}, "add --yes"},
      {{"methods", "ann", "--timeout", "0"}, "--timeout: '0'"},
      {{"methods", "ann", "--timeout", "2h"}, "--timeout: '2h'"},
      {{"methods", "ann", "--address", "localhost"}, "--address: 'localhost': an address is host:port"},
      {{"methods", "ann", "--address", "unix:"}, "--address: 'unix:': a unix socket is"},
      {{"methods", "ann", "--address", "unix:twofold.sock"}, "and an absolute path"},
      {{"methods", "ann", "--address", "127.0.0.1:99999"}, "a port is a number from 0 to 65535"},
      {{"methods", "ann", "--address", "127.0.0.1:50051x"}, "a port is a number from 0 to 65535"},
      {{"methods", "ann", "--address", "127.0.0.1:0"}, "port 0 is for servers"},
      {{"methods", "ann", "--address", "http://127.0.0.1:50051"}, "an address is host:port"},
      {{"methods", "ann", "--address", "dns:127.0.0.1:50051"}, "an address is host:port"},
      {{"methods", "ann", "--address", "xds:"}, "a port is a number"},
      {{"methods", "ann", "--address", "vsock:1:2"}, "an address is host:port"},
      {{"method", "delete", "ann", "m1", "--yes", "--address", ""}, "--address"},
  };
  for (const auto& c : kCases) {
    const Outcome outcome = RunCommand(c.arguments);
    EXPECT_EQ(outcome.exit_code, 2) << c.part;
    EXPECT_THAT(outcome.err, StartsWith("twofold: "));
    EXPECT_THAT(outcome.err, HasSubstr(c.part));
    EXPECT_EQ(outcome.err.find('\n'), outcome.err.size() - 1) << outcome.err;
    EXPECT_EQ(outcome.out, "");
  }
}

TEST(UsageTest, AWrongAddressInTheEnvironmentIsRefusedToo) {
  const Outcome outcome = RunCommand({"methods", "ann"}, "", {"TWOFOLD_ADDRESS=127.0.0.1:99999"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("'127.0.0.1:99999': a port is a number"));
}

TEST(UsageTest, JsonIsHeardEvenWhenTheRestIsNot) {
  const Outcome outcome = RunCommand({"frobnicate", "--json"});
  EXPECT_EQ(outcome.exit_code, 2);
  google::protobuf::Struct json;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(outcome.out, &json).ok()) << outcome.out;
  EXPECT_EQ(json.fields().at("error").struct_value().fields().at("code").string_value(), "USAGE");
}

TEST(UnreachableTest, RefusedConnection) {
  const Outcome outcome = RunCommand({"verify", "ann", "123456", "--address", "127.0.0.1:1"});
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.err, StartsWith("twofold: cannot reach 127.0.0.1:1: "));
}

TEST(UnreachableTest, MissingSocket) {
  const Outcome outcome = RunCommand({"methods", "ann"}, "", {"TWOFOLD_ADDRESS=unix:/no/such/socket"});
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.err, StartsWith("twofold: cannot reach unix:/no/such/socket: "));
}

// The kernel accepts connections, and nothing answers them.
TEST(UnreachableTest, SilentServerIsLeftAtTheTimeout) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(listener, 1), 0);
  ASSERT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const absl::Time start = absl::Now();
  const std::string name = absl::StrCat("127.0.0.1:", ntohs(address.sin_port));
  const Outcome outcome = RunCommand({"methods", "ann", "--timeout", "200ms", "--address", name});
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_LT(absl::Now() - start, absl::Seconds(10));
  close(listener);
}

}  // namespace
}  // namespace twofold
