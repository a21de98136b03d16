#ifndef TWOFOLD_CLIENTS_CLI_CONSOLE_H_
#define TWOFOLD_CLIENTS_CLI_CONSOLE_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace twofold {

// The size in characters.
struct TerminalSize {
  int columns;
  int rows;
};

// The command's standard streams. Not thread-safe.
class Console {
 public:
  // Returns whether a person can be asked, which means that standard input is a terminal.
  bool CanAsk() const;

  // Returns the size of the terminal that standard output is, or nullopt if it is not a terminal or
  // does not say its size.
  std::optional<TerminalSize> OutputSize() const;

  // Writes to standard output at once. Returns false if it is closed, full or a broken pipe. Later
  // output is then dropped.
  bool Print(absl::string_view text);

  // Writes the line "twofold: MESSAGE" to standard error, with control characters escaped.
  void Complain(absl::string_view message);

  // Reads a line from standard input, without its line ending. Returns nullopt at the end of input.
  // Shows `prompt` on standard error if a person can be asked. Reads no byte beyond the line, so
  // that a program that feeds a pipe can answer step by step.
  std::optional<std::string> ReadLine(absl::string_view prompt);

 private:
  bool broken_ = false;
};

// While this object lives, SIGINT, SIGTERM and SIGHUP remove `file`, if it has a name, print `message`
// on standard error and end the process with exit code 130. Only one object may exist at a time.
class InterruptNotice {
 public:
  explicit InterruptNotice(const std::string& message, const std::string& file = "");
  ~InterruptNotice();
  InterruptNotice(const InterruptNotice&) = delete;
  InterruptNotice& operator=(const InterruptNotice&) = delete;
};

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_CLI_CONSOLE_H_
