#ifndef TWOFOLD_SERVER_QR_QR_CODE_H_
#define TWOFOLD_SERVER_QR_QR_CODE_H_

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
  // terminals.
  kText,
};

// A QR code (ISO/IEC 18004) of `text` in 8-bit mode, error correction level M, with the quiet zone of four
// modules that readers need. INVALID_ARGUMENT when the text is empty, has a zero byte, or is too long (2,331
// bytes).
absl::StatusOr<std::string> RenderQr(QrImage image, absl::string_view text);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_QR_QR_CODE_H_
