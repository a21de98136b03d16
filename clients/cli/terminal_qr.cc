#include "clients/cli/terminal_qr.h"

#include <unistd.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "clients/cli/qr_file.h"
#include "clients/cli/text.h"
#include "server/methods/otp/qr_code.h"

namespace twofold {
namespace {

TerminalSize SizeOf(const std::string& code) {
  const int rows = static_cast<int>(std::count(code.begin(), code.end(), '\n'));
  return {.columns = 2 * rows - 1, .rows = rows};
}

}  // namespace

TerminalQr::TerminalQr(const std::string& uri, TerminalSize size, int rows_below) {
  TerminalSize needed = {};
  for (const QrImage image : {QrImage::kText, QrImage::kNarrowText}) {
    const absl::StatusOr<std::string> code = RenderQr(image, uri);
    if (!code.ok()) {
      text_ = "This is too long for a QR code. Type the secret into the app.\n";
      return;
    }
    needed = SizeOf(*code);
    if (needed.columns > size.columns || needed.rows + rows_below > size.rows) continue;
    text_ = *code;
    return;
  }
  text_ = absl::StrCat("The QR code does not fit: it needs ", needed.columns, " columns and ",
                       needed.rows + rows_below, " rows, and this terminal has ", size.columns, " and ",
                       size.rows, ".\n");
  file_ = WriteTemporaryQr(uri);
  if (file_.empty()) {
    absl::StrAppend(&text_, "Type the secret into the app.\n");
    return;
  }
  absl::StrAppend(
      &text_, "Scan it from this file, or type the secret into the app:\n", EscapeControls(file_),
      "\nOnly you can read the file, which holds the secret. Delete it when the app has it; confirming "
      "here does so.\n");
}

void TerminalQr::RemoveFile() {
  if (!file_.empty()) unlink(file_.c_str());
  file_.clear();
}

}  // namespace twofold
