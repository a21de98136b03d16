#ifndef TWOFOLD_TESTS_HARNESS_PYTHON_SERVER_H_
#define TWOFOLD_TESTS_HARNESS_PYTHON_SERVER_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "tests/harness/tool.h"

namespace twofold {

// A server in Python that listens on a free port of 127.0.0.1. Its process ends with its object.
class PythonServer {
 public:
  // `script` is a path in the tree. A test that uses it has the script in its data. The script prints
  // "port N" when it listens.
  PythonServer(const std::string& script, const std::vector<std::string>& arguments);
  ~PythonServer();
  PythonServer(const PythonServer&) = delete;
  PythonServer& operator=(const PythonServer&) = delete;

  const std::string& port() const { return port_; }
  pid_t pid() const { return pid_; }
  void Stop();

 private:
  const TempFolder folder_;
  pid_t pid_ = -1;
  std::string port_;
};

}  // namespace twofold

#endif  // TWOFOLD_TESTS_HARNESS_PYTHON_SERVER_H_
