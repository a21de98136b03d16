#ifndef TWOFOLD_CLIENTS_CLI_LOCAL_OUTPUT_H_
#define TWOFOLD_CLIENTS_CLI_LOCAL_OUTPUT_H_

#include <google/protobuf/struct.pb.h>

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "clients/cli/session.h"
#include "common/steady.h"

// Output of the commands that work straight on storage and files, without a server.

namespace twofold {

// Reports an error as those of a server are, returns the exit code. Throws CLI::ParseError for
// INVALID_ARGUMENT: there the command line is wrong.
int FailLocally(Session& session, const absl::Status& status);

// One JSON object, built up member by member.
class JsonObject {
 public:
  JsonObject& Set(const char* name, const std::string& text);
  JsonObject& Set(const char* name, int64_t number);
  JsonObject& Set(const char* name, bool flag);
  // One line.
  std::string Line() const;

 private:
  google::protobuf::Struct fields_;
};

// How much is done, redrawn in one line of standard error while that is a terminal and no JSON is wanted.
class ProgressBar {
 public:
  explicit ProgressBar(const Session& session);
  ~ProgressBar() { Clear(); }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  // `total` 0 = not known. Drawn a few times a second at most.
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
