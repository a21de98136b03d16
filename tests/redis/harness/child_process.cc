#include "tests/redis/harness/child_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <future>
#include <string>
#include <vector>

#include "asio.hpp"

namespace twofold {
namespace {

// Between fork and exec: nothing that allocates, as another thread may have held a lock.
[[noreturn]] void Become(char* const* argv, pid_t parent, int log) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
#ifdef PR_SET_PTRACER
  // strace is a sibling, which kernels with Yama refuse otherwise.
  prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
#endif
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  execvp(argv[0], argv);
  _exit(127);
}

}  // namespace

pid_t StartChild(const std::vector<std::string>& arguments, const std::string& log) {
  // The signal of PR_SET_PDEATHSIG comes when the *thread* that forked ends. This one never does.
  static auto* const forker = new asio::thread_pool(1);
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  std::packaged_task<pid_t()> start([&] {
    constexpr mode_t kOwnerOnly = 0600;
    const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, kOwnerOnly);
    const pid_t parent = getpid();
    const pid_t child = fork();
    if (child == 0) Become(argv.data(), parent, out);
    close(out);
    return child;
  });
  std::future<pid_t> started = start.get_future();
  asio::post(*forker, [&start] { start(); });
  return started.get();
}

}  // namespace twofold
