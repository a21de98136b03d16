#include "server/methods/otp/qr_code.h"

#include <png.h>
#include <stdlib.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "gtest/gtest.h"

namespace twofold {
namespace {

constexpr absl::string_view kUri =
    "otpauth://totp/"
    "ACME%20Co:ann@example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=ACME%20Co";
constexpr int kQuietZone = 4;
constexpr int kPixelsPerModule = 8;

// Rows of modules; true is dark.
using Modules = std::vector<std::vector<bool>>;

std::string OutputOf(const std::string& command) {
  FILE* const pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return "";
  std::string output;
  char buffer[4096];
  while (const size_t size = fread(buffer, 1, sizeof(buffer), pipe)) output.append(buffer, size);
  return pclose(pipe) == 0 ? output : "";
}

class QrTest : public testing::Test {
 protected:
  QrTest() {
    std::string pattern = testing::TempDir() + "/qrXXXXXX";
    directory_ = mkdtemp(pattern.data());
  }
  ~QrTest() override { std::filesystem::remove_all(directory_); }

  std::string Save(absl::string_view name, const std::string& bytes) const {
    const std::string path = absl::StrCat(directory_, "/", name);
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }

  // What a scanner reads from the picture.
  static std::string Scan(const std::string& path) {
    return std::string(
        absl::StripSuffix(OutputOf(absl::StrCat("/usr/bin/zbarimg --raw -q -Sbinary ", path)), "\n"));
  }

  std::string directory_;
};

Modules FromPng(const std::string& png) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  EXPECT_NE(png_image_begin_read_from_memory(&image, png.data(), png.size()), 0);
  image.format = PNG_FORMAT_GRAY;
  std::vector<png_byte> pixels(PNG_IMAGE_SIZE(image));
  EXPECT_NE(png_image_finish_read(&image, nullptr, pixels.data(), 0, nullptr), 0);
  Modules modules(image.height / kPixelsPerModule, std::vector<bool>(image.width / kPixelsPerModule));
  for (size_t y = 0; y < image.height; ++y) {
    for (size_t x = 0; x < image.width; ++x) {
      const png_byte grey = pixels[y * image.width + x];
      EXPECT_TRUE(grey == 0 || grey == 255);
      if (y % kPixelsPerModule == 0 && x % kPixelsPerModule == 0) {
        modules[y / kPixelsPerModule][x / kPixelsPerModule] = grey == 0;
      }
      EXPECT_EQ(modules[y / kPixelsPerModule][x / kPixelsPerModule], grey == 0);
    }
  }
  return modules;
}

// What a terminal shows: two rows of modules for each line of text.
Modules FromText(absl::string_view text) {
  Modules modules;
  for (absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    EXPECT_TRUE(absl::ConsumePrefix(&line, "\x1b[38;5;16;48;5;231m"));
    EXPECT_TRUE(absl::ConsumeSuffix(&line, "\x1b[0m"));
    std::vector<bool> upper;
    std::vector<bool> lower;
    while (!line.empty()) {
      const bool full = absl::ConsumePrefix(&line, "\u2588");
      const bool upper_half = !full && absl::ConsumePrefix(&line, "\u2580");
      const bool lower_half = !full && !upper_half && absl::ConsumePrefix(&line, "\u2584");
      if (!full && !upper_half && !lower_half && !absl::ConsumePrefix(&line, " ")) return {};
      upper.push_back(full || upper_half);
      lower.push_back(full || lower_half);
    }
    modules.push_back(upper);
    modules.push_back(lower);
  }
  return modules;
}

std::string Paint(const Modules& modules) {
  std::string pbm = absl::StrCat("P1 ", modules.front().size() * kPixelsPerModule, " ",
                                 modules.size() * kPixelsPerModule, "\n");
  for (const std::vector<bool>& row : modules) {
    std::string line;
    for (const bool dark : row) absl::StrAppend(&line, std::string(kPixelsPerModule, dark ? '1' : '0'));
    for (int i = 0; i < kPixelsPerModule; ++i) absl::StrAppend(&pbm, line, "\n");
  }
  return pbm;
}

// The same with dark cells all around, as a terminal of light text on a dark background shows it.
Modules OnADarkTerminal(const Modules& modules) {
  constexpr size_t kAround = 8;
  const size_t width = modules.front().size() + 2 * kAround;
  Modules framed(kAround, std::vector<bool>(width, true));
  for (const std::vector<bool>& row : modules) {
    framed.emplace_back(width, true);
    std::copy(row.begin(), row.end(), framed.back().begin() + kAround);
  }
  framed.resize(framed.size() + kAround, std::vector<bool>(width, true));
  return framed;
}

TEST_F(QrTest, AScannerReadsThePng) {
  EXPECT_EQ(Scan(Save("code.png", *RenderQr(QrImage::kPng, kUri))), kUri);
}

TEST_F(QrTest, AScannerReadsTheSvg) {
  const std::string svg = Save("code.svg", *RenderQr(QrImage::kSvg, kUri));
  const std::string png = directory_ + "/rendered.png";
  EXPECT_EQ(OutputOf(absl::StrCat("/usr/bin/rsvg-convert ", svg, " -o ", png)), "");
  EXPECT_EQ(Scan(png), kUri);
}

TEST_F(QrTest, AScannerReadsTheText) {
  for (const QrImage image : {QrImage::kText, QrImage::kNarrowText}) {
    Modules modules = FromText(*RenderQr(image, kUri));
    ASSERT_FALSE(modules.empty());
    EXPECT_EQ(modules.front().size(), modules.size() - 1);
    EXPECT_EQ(Scan(Save("code.pbm", Paint(OnADarkTerminal(modules)))), kUri);
  }
}

// 24 rows of 80 characters are what a terminal has at least; the last one is for the question after the code.
TEST_F(QrTest, ACommonUriIsWholeOnASmallTerminal) {
  EXPECT_LE(FromText(*RenderQr(QrImage::kText, kUri)).size(), 2 * 23);
  const absl::string_view short_uri =
      "otpauth://totp/Twofold:ann?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Twofold";
  EXPECT_LE(FromText(*RenderQr(QrImage::kNarrowText, short_uri)).front().size(), 40);
}

TEST_F(QrTest, ThePngHasOneBitForEachPixel) {
  const std::string png = *RenderQr(QrImage::kPng, kUri);
  // IHDR: width, height, depth, colour type.
  ASSERT_GT(png.size(), 26);
  EXPECT_EQ(png.substr(1, 3), "PNG");
  EXPECT_EQ(png[24], 1);
  EXPECT_LT(png.size(), 2000);
}

TEST_F(QrTest, PicturesShowTheSameModules) {
  const Modules png = FromPng(*RenderQr(QrImage::kPng, kUri));
  const std::string svg = Save("code.svg", *RenderQr(QrImage::kSvg, kUri));
  EXPECT_EQ(FromPng(OutputOf(absl::StrCat("/usr/bin/rsvg-convert ", svg))), png);
}

TEST_F(QrTest, FourLightModulesSurroundTheCode) {
  const Modules modules = FromPng(*RenderQr(QrImage::kPng, kUri));
  const size_t side = modules.size();
  for (size_t i = 0; i < side; ++i) {
    for (size_t edge = 0; edge < kQuietZone; ++edge) {
      EXPECT_FALSE(modules[edge][i] || modules[i][edge] || modules[side - 1 - edge][i] ||
                   modules[i][side - 1 - edge]);
    }
  }
  EXPECT_TRUE(modules[kQuietZone][kQuietZone]);
}

TEST_F(QrTest, TheSvgStandsAlone) {
  const std::string svg = *RenderQr(QrImage::kSvg, kUri);
  EXPECT_TRUE(absl::StartsWith(svg, "<svg xmlns=\"http://www.w3.org/2000/svg\""));
  EXPECT_TRUE(absl::StrContains(svg, "fill=\"#fff\""));
  EXPECT_TRUE(absl::StrContains(svg, "shape-rendering=\"crispEdges\""));
  EXPECT_FALSE(absl::StrContains(svg, "href"));
  // The URI is in the picture only.
  EXPECT_FALSE(absl::StrContains(svg, "JBSW"));
}

TEST_F(QrTest, AScannerReadsTextsOfEveryKind) {
  const std::string texts[] = {"a",           "0123456789",          "HTTPS://EXAMPLE.ORG/",
                               "caf\xc3\xa9", std::string(300, 'x'), std::string(2331, 'y')};
  for (const std::string& text : texts) {
    EXPECT_EQ(Scan(Save("code.png", *RenderQr(QrImage::kPng, text))), text) << text.substr(0, 20);
  }
}

TEST_F(QrTest, RefusesWhatFitsNoCode) {
  for (const std::string& text :
       {std::string(), std::string(2954, 'z'), std::string(100000, 'z'), std::string("a\0b", 3)}) {
    for (const QrImage image : {QrImage::kPng, QrImage::kSvg, QrImage::kText, QrImage::kNarrowText}) {
      EXPECT_EQ(RenderQr(image, text).status().code(), absl::StatusCode::kInvalidArgument) << text.size();
    }
  }
  EXPECT_FALSE(RenderQr(QrImage::kPng, std::string(2332, 'z')).ok());
}

}  // namespace
}  // namespace twofold
