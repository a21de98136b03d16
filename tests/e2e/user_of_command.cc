#include "tests/e2e/user_of_command.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/clock.h"

namespace twofold {
namespace {

constexpr char kSecret[] = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";

UnixMillis Now() { return absl::ToUnixMillis(absl::Now()); }

}  // namespace

ToolResult UserOfCommand::Twofold(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), BuiltBinary("clients/cli/twofold"));
  return RunTool(arguments);
}

ToolResult UserOfCommand::At(const ServerProcess& server, std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--address", server.address(), "--timeout", "10s"});
  return Twofold(std::move(arguments));
}

int UserOfCommand::Verify(const ServerProcess& server, const std::string& code) {
  return At(server, {"verify", "ann", code}).exit_code;
}

// In its first quarter the test begins, so that no boundary falls into it.
int UserOfCommand::CalmPeriod() {
  for (int period = 300; period > 100; --period) {
    if (Now() / kMillisPerSecond % period < period / 4) return period;
  }
  return 300;
}

std::string UserOfCommand::Code(int steps) const {
  return OathtoolCode(kSecret, Now() + steps * period_ * kMillisPerSecond, period_);
}

void UserOfCommand::EnrollAndLogIn(const ServerProcess& server) const {
  const std::string file = folder_.File("secret");
  ASSERT_EQ(RunTool({"tee", file}, kSecret).exit_code, 0);
  const ToolResult enrolled = At(server, {"enroll", "ann", "--import-secret-file", file, "--period",
                                          absl::StrCat(period_), "--code", Code(-1), "--json"});
  ASSERT_EQ(enrolled.exit_code, 0) << enrolled.out << enrolled.err;
  ASSERT_EQ(Verify(server, Code(0)), 0);
}

std::vector<std::string> UserOfCommand::On(const std::string& storage) const {
  return {"--storage=" + storage, "--keyring=file:" + data_ + "/keyring.json"};
}

std::string UserOfCommand::Refused(const std::string& storage) const {
  std::vector<std::string> command = {"timeout",
                                      "20",
                                      BuiltBinary("server/twofold-server"),
                                      "--listen=127.0.0.1:0",
                                      "--ops_listen=",
                                      "--data_dir=" + data_};
  for (const std::string& flag : On(storage)) command.push_back(flag);
  const ToolResult result = RunTool(command);
  EXPECT_EQ(result.exit_code, 1) << result.err;
  const size_t at = result.err.find("twofold-server: ");
  return at == std::string::npos ? result.err : result.err.substr(at);
}

}  // namespace twofold
