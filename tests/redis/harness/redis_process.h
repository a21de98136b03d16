#ifndef TWOFOLD_TESTS_REDIS_HARNESS_REDIS_PROCESS_H_
#define TWOFOLD_TESTS_REDIS_HARNESS_REDIS_PROCESS_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/harness/tool.h"
#include "tests/redis/harness/reserved_port.h"
#include "tests/redis/harness/tls_files.h"

namespace twofold {

struct RedisOptions {
  // Lines of the configuration, after the harness's own, so that they win: "appendonly yes".
  // Without any, nothing is kept on disk.
  std::vector<std::string> lines = {};
  // Of the default user, for replication too; Command uses it. Empty: none.
  std::string password = {};
  // TLS on a port of its own, beside the plain one. Clients must show a certificate unless a line
  // says "tls-auth-clients no". Outlives the process.
  const TlsFiles* tls = nullptr;
  // A socket in the file system as well.
  bool unix_socket = false;
  // One of these at most.
  bool sentinel = false;
  bool cluster = false;
};

// The real redis-server in a process of its own, on ports and in a folder that no other test has.
// The configuration is written once: what Redis rewrites in it (Sentinel does) is there after Kill
// and Start.
//
// Not thread-safe, but for Command, Log and the accessors; any thread may call it. The process dies
// with the test. Aborts with Redis's log when it does not start.
class RedisProcess {
 public:
  // Starts it.
  explicit RedisProcess(const RedisOptions& options = {});
  // Kills it, if it still runs.
  ~RedisProcess();
  RedisProcess(const RedisProcess&) = delete;
  RedisProcess& operator=(const RedisProcess&) = delete;

  static std::string host() { return "127.0.0.1"; }
  int port() const { return port_.number(); }
  // host:port.
  std::string address() const;
  // With RedisOptions::tls.
  int tls_port() const { return tls_port_.number(); }
  // With RedisOptions::cluster: of the cluster's bus.
  int bus_port() const { return bus_port_.number(); }
  // With RedisOptions::unix_socket.
  std::string unix_socket() const { return File("redis.sock"); }
  // A file of that name in its folder, which is also Redis's working directory.
  std::string File(const std::string& name) const { return folder_.File(name); }

  bool running() const { return pid_ > 0; }
  // -1 while it does not run.
  pid_t pid() const { return pid_; }
  // Everything it logged so far, over all starts.
  std::string Log() const;

  // kill -9, as a crash would. Works while paused or slowed down, too.
  void Kill();
  // SIGTERM, and waits for the end; the exit code. With an append-only file all is on disk then.
  int Stop();
  // Starts it again with the same ports and data, and waits until it has loaded them.
  void Start();
  // The same, but returns as soon as it answers at all, which it may do with LOADING for a moment
  // or for long.
  void StartLoading();

  // SIGSTOP and SIGCONT: connections stay open, the kernel still accepts, nothing is answered.
  void Pause();
  void Resume();

  // From now on each fsync and fdatasync lasts `delay` longer, as on a slow or stalled disk; zero
  // heals it, and so does Kill. By strace, which stops Redis's thread for that time.
  void SlowDisk(absl::Duration delay);

  // RedisCommand of redis_command.h to this process: over a connection of its own, so a WAIT here
  // does not wait for an earlier write.
  std::string Command(const std::vector<std::string>& arguments,
                      absl::Duration timeout = absl::Seconds(5)) const;

 private:
  void WriteConfiguration(const RedisOptions& options) const;
  void AwaitAnswer(size_t log_before);
  void EndTracer();

  const TempFolder folder_;
  const ReservedPort port_;
  const ReservedPort tls_port_;
  const ReservedPort bus_port_;
  const std::string password_;
  const bool sentinel_;
  pid_t pid_ = -1;
  pid_t tracer_ = -1;
};

}  // namespace twofold

#endif  // TWOFOLD_TESTS_REDIS_HARNESS_REDIS_PROCESS_H_
