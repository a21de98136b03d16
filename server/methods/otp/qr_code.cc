#include "server/methods/otp/qr_code.h"

#include <png.h>
#include <qrencode.h>

#include <array>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace twofold {
namespace {

constexpr int kQuietZone = 4;
constexpr int kNarrowQuietZone = 2;
constexpr int kPixelsPerModule = 8;

struct QrFree {
  void operator()(QRcode* code) const { QRcode_free(code); }
};

// The modules with the quiet zone around them; outside is light too.
class Matrix {
 public:
  Matrix(const QRcode& code, int quiet_zone) : code_(code), quiet_zone_(quiet_zone) {}

  int size() const { return code_.width + 2 * quiet_zone_; }

  bool IsDark(int x, int y) const {
    const int column = x - quiet_zone_;
    const int row = y - quiet_zone_;
    if (column < 0 || row < 0 || column >= code_.width || row >= code_.width) return false;
    return (code_.data[row * code_.width + column] & 1) != 0;
  }

 private:
  const QRcode& code_;
  const int quiet_zone_;
};

// A colour map of two entries makes libpng write one bit a pixel.
absl::StatusOr<std::string> ToPng(const Matrix& matrix) {
  const int side = matrix.size() * kPixelsPerModule;
  std::vector<png_byte> pixels;
  pixels.reserve(static_cast<size_t>(side) * static_cast<size_t>(side));
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x)
      pixels.push_back(matrix.IsDark(x / kPixelsPerModule, y / kPixelsPerModule) ? 1 : 0);
  }
  constexpr std::array<png_byte, 2> kWhiteAndBlack = {255, 0};
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(side);
  image.height = image.width;
  image.format = PNG_FORMAT_GRAY | PNG_FORMAT_FLAG_COLORMAP;
  image.colormap_entries = kWhiteAndBlack.size();
  std::string png(PNG_IMAGE_PNG_SIZE_MAX(image), '\0');
  png_alloc_size_t size = png.size();
  if (png_image_write_to_memory(&image, png.data(), &size, 0, pixels.data(), side, kWhiteAndBlack.data()) ==
      0) {
    return absl::InternalError(absl::StrCat("libpng: ", image.message));
  }
  png.resize(size);
  return png;
}

// Each run of dark modules is a rectangle in one path.
std::string ToSvg(const Matrix& matrix) {
  const int side = matrix.size();
  std::string svg =
      absl::StrCat("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"", side * kPixelsPerModule,
                   "\" height=\"", side * kPixelsPerModule, "\" viewBox=\"0 0 ", side, " ", side,
                   "\" shape-rendering=\"crispEdges\"><rect width=\"", side, "\" height=\"", side,
                   "\" fill=\"#fff\"/><path fill=\"#000\" d=\"");
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      const int start = x;
      while (matrix.IsDark(x, y)) ++x;
      if (x > start) absl::StrAppend(&svg, "M", start, " ", y, "h", x - start, "v1h-", x - start, "z");
    }
  }
  svg += "\"/></svg>\n";
  return svg;
}

// A character covers two modules, one above the other.
absl::string_view HalfBlock(bool upper_is_dark, bool lower_is_dark) {
  if (upper_is_dark) return lower_is_dark ? "\u2588" : "\u2580";
  return lower_is_dark ? "\u2584" : " ";
}

std::string ToText(const Matrix& matrix) {
  // Black on white, from the 6x6x6 cube: terminal themes change the 16 basic colours but not these.
  constexpr absl::string_view kBlackOnWhite = "\x1b[38;5;16;48;5;231m";
  constexpr absl::string_view kReset = "\x1b[0m";
  std::string text;
  for (int y = 0; y < matrix.size(); y += 2) {
    absl::StrAppend(&text, kBlackOnWhite);
    for (int x = 0; x < matrix.size(); ++x) {
      absl::StrAppend(&text, HalfBlock(matrix.IsDark(x, y), matrix.IsDark(x, y + 1)));
    }
    absl::StrAppend(&text, kReset, "\n");
  }
  return text;
}

}  // namespace

absl::StatusOr<std::string> RenderQr(QrImage image, absl::string_view text) {
  if (absl::StrContains(text, '\0')) return absl::InvalidArgumentError("a QR code's text has a zero byte");
  const bool is_text = image == QrImage::kText || image == QrImage::kNarrowText;
  const std::unique_ptr<QRcode, QrFree> code(
      QRcode_encodeString(std::string(text).c_str(), 0, is_text ? QR_ECLEVEL_L : QR_ECLEVEL_M, QR_MODE_8, 1));
  if (code == nullptr) return absl::InvalidArgumentError("a QR code's text is empty or too long");
  const Matrix matrix(*code, image == QrImage::kNarrowText ? kNarrowQuietZone : kQuietZone);
  switch (image) {
    case QrImage::kPng:
      return ToPng(matrix);
    case QrImage::kSvg:
      return ToSvg(matrix);
    case QrImage::kText:
    case QrImage::kNarrowText:
      return ToText(matrix);
  }
  return absl::InvalidArgumentError("an unknown kind of QR image");
}

}  // namespace twofold
