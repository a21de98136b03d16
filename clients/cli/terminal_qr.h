#ifndef TWOFOLD_CLIENTS_CLI_TERMINAL_QR_H_
#define TWOFOLD_CLIENTS_CLI_TERMINAL_QR_H_

#include <string>

#include "absl/strings/string_view.h"
#include "clients/cli/console.h"

namespace twofold {

// The QR code of an otpauth URI, drawn for one terminal. A code that does not fit is not shown in part, which
// no phone reads: it goes into a temporary file. Not thread-safe.
class TerminalQr {
 public:
  // Draws the code of `uri` with the quiet zone of the standard where that leaves `rows_below` rows, else
  // with a narrow one, else into a file.
  TerminalQr(const std::string& uri, TerminalSize size, int rows_below);

  // What to print last: the code, or why there is none, and where it is.
  const std::string& text() const { return text_; }

  // The temporary file, which holds the secret; "" without one.
  const std::string& file() const { return file_; }

  // Removes the file, once the code was used. The destructor does not: an enrolment that is confirmed later
  // still needs it.
  void RemoveFile();

 private:
  std::string text_;
  std::string file_;
};

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_CLI_TERMINAL_QR_H_
