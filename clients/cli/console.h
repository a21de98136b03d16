#ifndef TWOFOLD_CLIENTS_CLI_CONSOLE_H_
#define TWOFOLD_CLIENTS_CLI_CONSOLE_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace twofold {

// In characters.
struct TerminalSize {
  int columns;
  int rows;
};

// The command's standard streams. Not thread-safe.
class Console {
 public:
  // Whether a person can be asked: standard input is a terminal.
  bool CanAsk() const;

  // The terminal that standard output is; nullopt when it is none, or one that does not say its size.
  std::optional<TerminalSize> OutputSize() const;

  // Writes to standard output at once. False when it is closed, full or a broken pipe; later output is
  // dropped then.
  bool Print(absl::string_view text);

  // Writes the line "twofold: MESSAGE" to standard error, control characters escaped.
  void Complain(absl::string_view message);

  // Reads a line from standard input, without its line ending; nullopt at the end of input. Shows `prompt` on
  // standard error when a person can be asked. Reads no byte beyond the line, so that whoever feeds a pipe
  // may answer step by step.
  std::optional<std::string> ReadLine(absl::string_view prompt);

 private:
  bool broken_ = false;
};

// While it lives, SIGINT, SIGTERM and SIGHUP print `message` on standard error and end the process with exit
// code 130. One at a time.
class InterruptNotice {
 public:
  explicit InterruptNotice(const std::string& message);
  ~InterruptNotice();
  InterruptNotice(const InterruptNotice&) = delete;
  InterruptNotice& operator=(const InterruptNotice&) = delete;
};

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_CLI_CONSOLE_H_
