#ifndef TWOFOLD_TESTS_E2E_USER_OF_COMMAND_H_
#define TWOFOLD_TESTS_E2E_USER_OF_COMMAND_H_

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/harness/server_process.h"
#include "tests/harness/tool.h"

namespace twofold {

// A test with one user, "ann", whose device is oathtool and whose service is the real command.
class UserOfCommand : public ::testing::Test {
 protected:
  static ToolResult Twofold(std::vector<std::string> arguments);
  // To that server.
  static ToolResult At(const ServerProcess& server, std::vector<std::string> arguments);
  // The command's exit code.
  static int Verify(const ServerProcess& server, const std::string& code);

  // The device's code so many steps from now.
  std::string Code(int steps) const;
  // The device is enrolled, and its present code is used.
  void EnrollAndLogIn(const ServerProcess& server) const;

  // Flags of a server on that storage, with the key ring of the one on `data_`.
  std::vector<std::string> On(const std::string& storage) const;
  // The error line of such a server, which does not start.
  std::string Refused(const std::string& storage) const;

  const TempFolder folder_;
  const std::string data_ = folder_.File("data");

 private:
  static int CalmPeriod();

  const int period_ = CalmPeriod();
};

}  // namespace twofold

#endif  // TWOFOLD_TESTS_E2E_USER_OF_COMMAND_H_
