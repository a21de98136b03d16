#ifndef TWOFOLD_TESTS_HARNESS_TOOL_H_
#define TWOFOLD_TESTS_HARNESS_TOOL_H_

#include <string>
#include <vector>

#include "common/clock.h"

namespace twofold {

struct ToolResult {
  int exit_code = -1;
  std::string out;
  std::string err;
};

// Runs a program to its end. arguments[0] is looked up in PATH.
ToolResult RunTool(const std::vector<std::string>& arguments, const std::string& input = "");

// Returns the code of TOTP with SHA-1 that an app with this secret shows at `now`. It comes from
// oathtool, an independent implementation.
std::string OathtoolCode(const std::string& secret_base32, UnixMillis now, int period_seconds,
                         int digits = 6);

// A folder that is removed with its object.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string File(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace twofold

#endif  // TWOFOLD_TESTS_HARNESS_TOOL_H_
