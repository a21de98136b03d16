#ifndef TWOFOLD_TESTS_HARNESS_COMMAND_PROCESS_H_
#define TWOFOLD_TESTS_HARNESS_COMMAND_PROCESS_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "clients/cli/console.h"

namespace twofold {

struct Outcome {
  int exit_code = -1;  // 128 + the number of the signal that ended it, if one did
  std::string out;
  std::string err;
};

// Runs the `twofold` command in a process of its own, for tests. TWOFOLD_ADDRESS is not set and TZ
// is UTC unless `environment` says otherwise. A wait of more than 30 s ends the test's process.
class CommandProcess {
 public:
  enum class Input { kPipe, kTerminal };

  explicit CommandProcess(const std::vector<std::string>& arguments, Input input = Input::kPipe,
                          const std::vector<std::string>& environment = {});
  // Standard input and output are one terminal of this size. It echoes nothing and leaves line ends
  // as they are.
  CommandProcess(const std::vector<std::string>& arguments, TerminalSize size,
                 const std::vector<std::string>& environment = {});
  ~CommandProcess();
  CommandProcess(const CommandProcess&) = delete;
  CommandProcess& operator=(const CommandProcess&) = delete;

  void Write(absl::string_view text);
  // Waits until standard output, or standard error, holds `text`.
  void AwaitOut(absl::string_view text);
  void AwaitErr(absl::string_view text);
  void CloseOut();
  void Signal(int number);
  // Ends the input, reads everything and waits for the exit.
  Outcome Finish();

 private:
  void Start(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
             const int (&fds)[3]);
  // Reads the available output. Returns false at the end of both outputs.
  bool ReadSome();

  pid_t pid_ = -1;
  int in_ = -1;
  int out_ = -1;
  int err_ = -1;
  Outcome outcome_;
};

// Runs the command on `input` until it exits.
Outcome RunCommand(const std::vector<std::string>& arguments, absl::string_view input = "",
                   const std::vector<std::string>& environment = {});

}  // namespace twofold

#endif  // TWOFOLD_TESTS_HARNESS_COMMAND_PROCESS_H_
