#ifndef TWOFOLD_CLIENTS_CLI_LOCAL_OUTPUT_H_
#define TWOFOLD_CLIENTS_CLI_LOCAL_OUTPUT_H_

#include <google/protobuf/struct.pb.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "clients/cli/session.h"
#include "common/steady.h"

// Output of the commands that open storage and files directly, without a server.

namespace twofold {

// Reports an error in the same form as a server's error, and returns the exit code. Throws
// CLI::ParseError for INVALID_ARGUMENT, because the command line is wrong then.
int FailLocally(Session& session, const absl::Status& status);

class JsonArray;

// A JSON object that is built member by member.
class JsonObject {
 public:
  JsonObject& Set(const char* name, const JsonArray& array);
  JsonObject& Set(const char* name, const std::string& text);
  JsonObject& Set(const char* name, int64_t number);
  JsonObject& Set(const char* name, bool flag);
  JsonObject& Set(const char* name, const std::vector<std::string>& texts);
  // Returns the object as one line.
  std::string Line() const;

 private:
  friend class JsonArray;
  google::protobuf::Struct fields_;
};

// A JSON array of objects.
class JsonArray {
 public:
  JsonArray& Add(const JsonObject& object);

 private:
  friend class JsonObject;
  google::protobuf::ListValue values_;
};

// Shows progress in one line of standard error, if that is a terminal and the output is not JSON.
class ProgressBar {
 public:
  explicit ProgressBar(const Session& session);
  ~ProgressBar() { Clear(); }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  // A `total` of 0 means that it is unknown. Draws at most a few times a second.
  void Show(absl::string_view label, int64_t done, int64_t total, absl::string_view unit);
  void Say(absl::string_view text);
  void Clear();

 private:
  void Draw(const std::string& line);

  const bool shown_;
  bool drawn_ = false;
  std::string label_;
  SteadyTime next_;
};

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_CLI_LOCAL_OUTPUT_H_
