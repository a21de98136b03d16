#ifndef TWOFOLD_TESTS_HARNESS_SERVER_PROCESS_H_
#define TWOFOLD_TESTS_HARNESS_SERVER_PROCESS_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/time/time.h"

namespace twofold {

// Runs the real `twofold-server` in a process of its own, on ports that it picks, with its data in
// `data_dir`.
class ServerProcess {
 public:
  // Says when the constructor and Start return.
  enum class Until { kListening, kLaunched };

  // `more_flags` come after the harness's own flags and replace them.
  explicit ServerProcess(std::string data_dir, std::vector<std::string> more_flags = {},
                         Until until = Until::kListening);
  // Kills the process if it still runs.
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  const std::string& address() const { return address_; }
  // The address of metrics and probes.
  const std::string& ops_address() const { return ops_address_; }
  pid_t pid() const { return pid_; }
  // Returns everything on stderr so far: log and audit events.
  std::string Log() const;

  // Waits for a line of the log that holds `text`, and returns what follows the text in that line.
  std::string AwaitLine(const std::string& text);
  // Waits until the addresses are known. Needed with Until::kLaunched.
  void AwaitListening();
  // Returns what GET of the path answers on the port of metrics and probes, such as "200 ok\n".
  std::string Page(const std::string& path) const;

  void Signal(int number) const;
  // Waits for the end of the process and returns the exit code, or 128 and the signal that ended
  // it. Kills it after `limit`.
  int AwaitExit(absl::Duration limit = absl::Seconds(30));
  // Kills the process with SIGKILL, as a crash would.
  void Kill();
  // Sends SIGTERM and waits with AwaitExit.
  int Terminate();
  // Starts the process again on the same data.
  void Start();

 private:
  const std::string data_dir_;
  const std::vector<std::string> more_flags_;
  const Until until_;
  std::string log_path_;
  pid_t pid_ = -1;
  std::string address_;
  std::string ops_address_;
};

// Returns the path of a binary that this test was built with, such as "server/twofold-server".
std::string BuiltBinary(const std::string& path);

}  // namespace twofold

#endif  // TWOFOLD_TESTS_HARNESS_SERVER_PROCESS_H_
