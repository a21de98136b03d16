#ifndef TWOFOLD_TESTS_HARNESS_SERVER_PROCESS_H_
#define TWOFOLD_TESTS_HARNESS_SERVER_PROCESS_H_

#include <sys/types.h>

#include <string>
#include <vector>

namespace twofold {

// The real `twofold-server` in a process of its own, on ports that it picks, with its data in `data_dir`.
class ServerProcess {
 public:
  explicit ServerProcess(std::string data_dir, std::vector<std::string> more_flags = {});
  // Kills it, if it still runs.
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  const std::string& address() const { return address_; }
  // Of metrics and probes.
  const std::string& ops_address() const { return ops_address_; }
  pid_t pid() const { return pid_; }
  // Everything on stderr so far: log and audit events.
  std::string Log() const;

  // kill -9, as a crash would.
  void Kill();
  // SIGTERM; the exit code.
  int Terminate();
  // Starts it again on the same data.
  void Start();

 private:
  std::string AwaitLine(const std::string& before_value);

  const std::string data_dir_;
  const std::vector<std::string> more_flags_;
  std::string log_path_;
  pid_t pid_ = -1;
  std::string address_;
  std::string ops_address_;
};

// The path of a binary that this test was built with, such as "server/twofold-server".
std::string BuiltBinary(const std::string& path);

}  // namespace twofold

#endif  // TWOFOLD_TESTS_HARNESS_SERVER_PROCESS_H_
