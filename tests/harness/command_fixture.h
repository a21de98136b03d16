#ifndef TWOFOLD_TESTS_HARNESS_COMMAND_FIXTURE_H_
#define TWOFOLD_TESTS_HARNESS_COMMAND_FIXTURE_H_

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/harness/command_process.h"
#include "tests/harness/scripted_server.h"

namespace twofold {

template <typename Message>
Message FromText(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

inline google::protobuf::Struct FromJson(const std::string& json) {
  google::protobuf::Struct fields;
  EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(json, &fields).ok()) << json;
  return fields;
}

inline const google::protobuf::Struct& Member(const google::protobuf::Struct& fields, const char* name) {
  return fields.fields().at(name).struct_value();
}
inline std::string TextAt(const google::protobuf::Struct& fields, const char* name) {
  return fields.fields().at(name).string_value();
}

// The error that a server gives for a wrong code.
inline CallError Rejected() {
  return {.code = grpc::StatusCode::PERMISSION_DENIED, .message = "no", .reason = "CODE_REJECTED"};
}

// Runs the command against a scripted server.
class CommandTest : public ::testing::Test {
 protected:
  std::vector<std::string> At(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--address", server_.address()});
    return arguments;
  }
  Outcome Run(const std::vector<std::string>& arguments, const std::string& input = "") {
    return RunCommand(At(arguments), input);
  }

  ScriptedServer server_;
};

}  // namespace twofold

#endif  // TWOFOLD_TESTS_HARNESS_COMMAND_FIXTURE_H_
