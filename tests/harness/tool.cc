#include "tests/harness/tool.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace twofold {
namespace {

std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

}  // namespace

ToolResult RunTool(const std::vector<std::string>& arguments, const std::string& input) {
  // Files replace pipes. Any output fits, and nothing has to be read while the program runs.
  const TempFolder folder;
  std::ofstream(folder.File("in"), std::ios::binary) << input;
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    constexpr mode_t kOwnerOnly = 0600;
    dup2(open(folder.File("in").c_str(), O_RDONLY), STDIN_FILENO);
    dup2(open(folder.File("out").c_str(), O_WRONLY | O_CREAT, kOwnerOnly), STDOUT_FILENO);
    dup2(open(folder.File("err").c_str(), O_WRONLY | O_CREAT, kOwnerOnly), STDERR_FILENO);
    execvp(argv[0], argv.data());
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ToolResult result;
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  result.out = ReadFile(folder.File("out"));
  result.err = ReadFile(folder.File("err"));
  return result;
}

std::string OathtoolCode(const std::string& secret_base32, UnixMillis now, int period_seconds, int digits) {
  const ToolResult result = RunTool({"oathtool", "--totp", "-b", "-d", absl::StrCat(digits), "-s",
                                     absl::StrCat(period_seconds, "s"), "-N",
                                     absl::StrCat("@", now / kMillisPerSecond), secret_base32});
  return std::string(absl::StripAsciiWhitespace(result.out));
}

TempFolder::TempFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "twofold-test-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) std::abort();
  path_ = pattern;
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace twofold
