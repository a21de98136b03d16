#include "clients/cli/console.h"

#include <errno.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "clients/cli/text.h"

namespace twofold {
namespace {

constexpr int kInterruptSignals[] = {SIGINT, SIGTERM, SIGHUP};
constexpr int kInterruptedExit = 130;

// The signal handler reads this, so it changes only while the handler is not installed.
std::string* interrupt_message = nullptr;
std::string* interrupt_file = nullptr;

bool WriteAll(int fd, absl::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

void OnInterrupt(int) {
  if (!interrupt_file->empty()) unlink(interrupt_file->c_str());
  WriteAll(STDERR_FILENO, *interrupt_message);
  _exit(kInterruptedExit);
}

// The previous actions for the signals.
struct sigaction previous_actions[std::size(kInterruptSignals)];

}  // namespace

bool Console::CanAsk() const { return isatty(STDIN_FILENO) == 1; }

std::optional<TerminalSize> Console::OutputSize() const {
  winsize size = {};
  // Fails if the output is not a terminal. A serial line may report 0.
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0)
    return std::nullopt;
  return TerminalSize{size.ws_col, size.ws_row};
}

bool Console::Print(absl::string_view text) {
  broken_ = broken_ || !WriteAll(STDOUT_FILENO, text);
  return !broken_;
}

void Console::Complain(absl::string_view message) {
  WriteAll(STDERR_FILENO, absl::StrCat("twofold: ", EscapeControls(message), "\n"));
}

std::optional<std::string> Console::ReadLine(absl::string_view prompt) {
  if (CanAsk()) WriteAll(STDERR_FILENO, prompt);
  std::string line;
  char c = 0;
  while (true) {
    const ssize_t got = read(STDIN_FILENO, &c, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0 && CanAsk()) WriteAll(STDERR_FILENO, "\n");
    if (got <= 0 && line.empty()) return std::nullopt;
    if (got <= 0 || c == '\n') break;
    line.push_back(c);
  }
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return line;
}

InterruptNotice::InterruptNotice(const std::string& message, const std::string& file) {
  interrupt_file = new std::string(file);
  interrupt_message = new std::string(absl::StrCat("\n", message));
  struct sigaction action = {};
  action.sa_handler = OnInterrupt;
  for (size_t i = 0; i < std::size(kInterruptSignals); ++i) {
    sigaction(kInterruptSignals[i], nullptr, &previous_actions[i]);
    // Signals that nohup ignores stay ignored.
    if (previous_actions[i].sa_handler != SIG_IGN) sigaction(kInterruptSignals[i], &action, nullptr);
  }
}

InterruptNotice::~InterruptNotice() {
  for (size_t i = 0; i < std::size(kInterruptSignals); ++i) {
    sigaction(kInterruptSignals[i], &previous_actions[i], nullptr);
  }
  delete std::exchange(interrupt_message, nullptr);
  delete std::exchange(interrupt_file, nullptr);
}

}  // namespace twofold
