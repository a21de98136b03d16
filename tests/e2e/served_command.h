#ifndef TWOFOLD_TESTS_E2E_SERVED_COMMAND_H_
#define TWOFOLD_TESTS_E2E_SERVED_COMMAND_H_

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/harness/server_process.h"
#include "tests/harness/tool.h"

namespace twofold {

// The real command at a real server with storage of its own.
class ServedCommand : public ::testing::Test {
 protected:
  ServedCommand() : ServedCommand([](const TempFolder&) { return std::vector<std::string>(); }) {}
  // `flags` may name files of the test's folder.
  explicit ServedCommand(std::vector<std::string> (*flags)(const TempFolder& folder))
      : server_(folder_.File("data"), flags(folder_)) {}

  ToolResult Twofold(std::vector<std::string> arguments, const std::string& input = "") {
    arguments.insert(arguments.begin(), BuiltBinary("clients/cli/twofold"));
    arguments.insert(arguments.end(), {"--address", server_.address(), "--timeout", "10s"});
    return RunTool(arguments, input);
  }

  google::protobuf::Struct Json(const ToolResult& result) {
    google::protobuf::Struct fields;
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(result.out, &fields).ok())
        << result.out << result.err;
    return fields;
  }

  TempFolder folder_;
  ServerProcess server_;
};

}  // namespace twofold

#endif  // TWOFOLD_TESTS_E2E_SERVED_COMMAND_H_
