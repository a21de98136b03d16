#include "server/ops/process.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"

namespace twofold {
namespace {

// Runs `body` in a child, because hardening would change the process that runs the tests. Returns
// the child's exit code.
template <typename Body>
int InChild(Body body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

// Returns the soft limit as the kernel shows it.
std::string SoftLimit(absl::string_view name) {
  std::ifstream limits("/proc/self/limits");
  for (std::string line; std::getline(limits, line);) {
    if (!absl::StartsWith(line, name)) continue;
    const std::vector<std::string> words = absl::StrSplit(line.substr(26), ' ', absl::SkipEmpty());
    return words.at(0);
  }
  return "missing";
}

TEST(HardenProcess, T29_WritesNoCore) {
  EXPECT_EQ(InChild([] {
              const rlimit wide = {1 << 20, RLIM_INFINITY};
              setrlimit(RLIMIT_CORE, &wide);
              if (!HardenProcess().ok()) return 1;
              if (SoftLimit("Max core file size") != "0") return 2;
              return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : 3;
            }),
            0);
}

TEST(HardenProcess, TakesAsManyFilesAsAllowed) {
  EXPECT_EQ(InChild([] {
              rlimit files = {};
              getrlimit(RLIMIT_NOFILE, &files);
              const rlimit low = {64, files.rlim_max};
              setrlimit(RLIMIT_NOFILE, &low);
              if (!HardenProcess().ok()) return 1;
              getrlimit(RLIMIT_NOFILE, &files);
              return files.rlim_cur == low.rlim_max ? 0 : 2;
            }),
            0);
}

TEST(HardenProcess, SurvivesAPeerThatIsGone) {
  EXPECT_EQ(InChild([] {
              std::signal(SIGPIPE, SIG_DFL);
              if (!HardenProcess().ok()) return 1;
              int ends[2];
              if (pipe(ends) != 0) return 2;
              close(ends[0]);
              return write(ends[1], "x", 1) == -1 ? 0 : 3;
            }),
            0);
}

TEST(SignalWaiter, TellsWhatCame) {
  SignalWaiter waiter;
  const std::pair<int, ProcessSignal> cases[] = {{SIGTERM, ProcessSignal::kTerminate},
                                                 {SIGINT, ProcessSignal::kTerminate},
                                                 {SIGHUP, ProcessSignal::kReopen}};
  for (const auto& [signal, meaning] : cases) {
    kill(getpid(), signal);
    EXPECT_EQ(waiter.Wait(), meaning);
  }
  EXPECT_EQ(waiter.WaitFor(absl::ZeroDuration()), std::nullopt);
}

TEST(SignalWaiter, WakesAWaitingThreadWhateverThreadsThereAre) {
  SignalWaiter waiter;
  std::thread other([] { kill(getpid(), SIGTERM); });
  EXPECT_EQ(waiter.WaitFor(absl::Seconds(20)), ProcessSignal::kTerminate);
  other.join();
}

TEST(SignalWaiter, PutsBackWhatWasBefore) {
  EXPECT_EQ(InChild([] {
              { const SignalWaiter waiter; }
              kill(getpid(), SIGTERM);
              return 1;
            }),
            -SIGTERM);
}

}  // namespace
}  // namespace twofold
