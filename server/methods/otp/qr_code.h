#ifndef TWOFOLD_SERVER_METHODS_OTP_QR_CODE_H_
#define TWOFOLD_SERVER_METHODS_OTP_QR_CODE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace twofold {

enum class QrImage {
  // Black and white, 1 bit a pixel, 8 pixels a module.
  kPng,
  // A document of its own, with a white background.
  kSvg,
  // Lines of Unicode half blocks that set their own colours (SGR), so that they read on dark and light
  // terminals. N lines are 2N - 1 characters wide.
  kText,
  // The same for a small terminal: with a quiet zone of two modules, which phones still read.
  kNarrowText,
};

// A QR code (ISO/IEC 18004) of `text` in 8-bit mode, with the quiet zone of four modules that the standard
// asks for. The error correction level is M for pictures, which may be printed and scaled. It is L for text:
// nothing soils a screen, and fewer modules fit a terminal. INVALID_ARGUMENT when the text is empty, has a
// zero byte, or is longer than 2,331 bytes (M) or 2,953 bytes (L).
absl::StatusOr<std::string> RenderQr(QrImage image, absl::string_view text);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_METHODS_OTP_QR_CODE_H_
