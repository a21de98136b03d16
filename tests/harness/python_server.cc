#include "tests/harness/python_server.h"

#include <signal.h>
#include <sys/wait.h>

#include <fstream>
#include <iterator>

#include "absl/strings/strip.h"
#include "tests/harness/await.h"
#include "tests/harness/server_process.h"
#include "tests/redis/harness/child_process.h"

namespace twofold {
namespace {

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace

PythonServer::PythonServer(const std::string& script, const std::vector<std::string>& arguments) {
  // Debian's, because it has the modules of Debian's packages.
  std::vector<std::string> command = {"/usr/bin/python3", "-B", BuiltBinary(script)};
  command.insert(command.end(), arguments.begin(), arguments.end());
  const std::string log = folder_.File("log");
  pid_ = StartChild(command, log);
  AwaitOrAbort(
      script + " listens", absl::Seconds(60),
      [&] {
        const std::string text = ReadFile(log);
        absl::string_view line = text;
        if (!absl::ConsumePrefix(&line, "port ") || !absl::ConsumeSuffix(&line, "\n")) return false;
        port_ = std::string(line);
        return true;
      },
      [&] { return ReadFile(log); });
}

PythonServer::~PythonServer() { Stop(); }

void PythonServer::Stop() {
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

}  // namespace twofold
