#ifndef TWOFOLD_CLIENTS_CLI_TERMINAL_QR_H_
#define TWOFOLD_CLIENTS_CLI_TERMINAL_QR_H_

#include <string>

#include "absl/strings/string_view.h"
#include "clients/cli/console.h"

namespace twofold {

// The QR code of an otpauth URI, drawn for one terminal. No phone can read a part of a code, so a
// code that does not fit goes to a temporary file. Not thread-safe.
class TerminalQr {
 public:
  // Draws the code of `uri` with the quiet zone of the standard if that leaves `rows_below` rows,
  // else with a narrow one. If neither fits, it writes a file.
  TerminalQr(const std::string& uri, TerminalSize size, int rows_below);

  // The text to print last: the code, or the reason for its absence and the path of the file.
  const std::string& text() const { return text_; }

  // The temporary file, which holds the secret, or "" if there is none.
  const std::string& file() const { return file_; }

  // Removes the file, once the code was used. The destructor keeps it, because an enrolment that is
  // confirmed later still needs it.
  void RemoveFile();

 private:
  std::string text_;
  std::string file_;
};

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_CLI_TERMINAL_QR_H_
