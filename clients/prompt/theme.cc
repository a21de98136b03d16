#include "clients/prompt/theme.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "common/trusted_file.h"
#include "common/unicode.h"
#include "nlohmann/json.hpp"

namespace twofold {
namespace {

constexpr size_t kMaxTheme = size_t{16} << 10;
constexpr size_t kMaxLogo = size_t{256} << 10;
constexpr size_t kMaxName = 64;
constexpr double kLeastContrast = 4.5;
// The colours of prompt.css on which the theme's colours stand.
constexpr char kLightCard[] = "#ffffff";
constexpr char kDarkCard[] = "#1e232b";

bool IsColor(absl::string_view text) {
  return text.size() == 7 && text[0] == '#' && std::all_of(text.begin() + 1, text.end(), [](char c) {
           return absl::ascii_isxdigit(static_cast<unsigned char>(c));
         });
}

double LinearOf(absl::string_view two_digits) {
  int value = 0;
  if (!absl::SimpleHexAtoi(two_digits, &value)) return 0;
  const double part = value / 255.0;
  return part <= 0.04045 ? part / 12.92 : std::pow((part + 0.055) / 1.055, 2.4);
}

double LuminanceOf(absl::string_view color) {
  return 0.2126 * LinearOf(color.substr(1, 2)) + 0.7152 * LinearOf(color.substr(3, 2)) +
         0.0722 * LinearOf(color.substr(5, 2));
}

absl::Status CheckColor(absl::string_view key, const std::string& color, absl::string_view card) {
  if (!IsColor(color)) return absl::InvalidArgumentError(absl::StrCat(key, " is a colour such as #1d4ed8"));
  const double contrast = ContrastOf(color, card);
  if (contrast >= kLeastContrast) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(key, " has a contrast of ", std::floor(contrast * 10) / 10,
                                                 " with the page, and people need ", kLeastContrast));
}

absl::StatusOr<std::string> TypeOfPicture(const std::filesystem::path& path) {
  static const auto* const types = new std::map<std::string, std::string>{{".png", "image/png"},
                                                                          {".svg", "image/svg+xml"},
                                                                          {".jpg", "image/jpeg"},
                                                                          {".jpeg", "image/jpeg"},
                                                                          {".webp", "image/webp"}};
  const auto type = types->find(absl::AsciiStrToLower(path.extension().string()));
  if (type == types->end()) return absl::InvalidArgumentError("logo is a PNG, SVG, JPEG or WebP file");
  return type->second;
}

absl::Status ReadLogo(const std::string& theme_path, const std::string& logo, Theme& theme) {
  const std::filesystem::path path = std::filesystem::path(theme_path).parent_path() / logo;
  TWOFOLD_ASSIGN_OR_RETURN(theme.logo_type, TypeOfPicture(path));
  const absl::Status read = ReadTrustedFile(path.string(), Secrecy::kPublic, kMaxLogo, theme.logo);
  if (read.ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("logo ", path.string(), ": ", read.message()));
}

absl::StatusOr<std::map<std::string, std::string>> ReadValues(const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return absl::InvalidArgumentError("the file is not a JSON object");
  std::map<std::string, std::string> values;
  for (const auto& [key, value] : json.items()) {
    if (key != "name" && key != "logo" && key != "color" && key != "color_dark") {
      return absl::InvalidArgumentError("the keys are name, logo, color and color_dark");
    }
    if (!value.is_string()) return absl::InvalidArgumentError(absl::StrCat(key, " is a text"));
    values[key] = value.get<std::string>();
  }
  return values;
}

absl::StatusOr<Theme> ThemeOf(const std::string& path, const std::string& text) {
  TWOFOLD_ASSIGN_OR_RETURN(auto values, ReadValues(text));
  Theme theme;
  theme.name = values["name"];
  if (theme.name.size() > kMaxName || !TextFault(theme.name).empty()) {
    return absl::InvalidArgumentError(absl::StrCat("name has at most ", kMaxName, " bytes of plain text"));
  }
  if (!values["logo"].empty()) TWOFOLD_RETURN_IF_ERROR(ReadLogo(path, values["logo"], theme));
  std::string rules;
  if (const std::string& color = values["color"]; !color.empty()) {
    TWOFOLD_RETURN_IF_ERROR(CheckColor("color", color, kLightCard));
    absl::StrAppend(&rules, "--accent:", color, ";");
  }
  if (const std::string& color = values["color_dark"]; !color.empty()) {
    TWOFOLD_RETURN_IF_ERROR(CheckColor("color_dark", color, kDarkCard));
    absl::StrAppend(&rules, "--accent-dark:", color, ";");
  }
  if (!rules.empty()) theme.css = absl::StrCat(":root{", rules, "}\n");
  return theme;
}

}  // namespace

double ContrastOf(absl::string_view first, absl::string_view second) {
  const double one = LuminanceOf(first) + 0.05;
  const double other = LuminanceOf(second) + 0.05;
  return std::max(one, other) / std::min(one, other);
}

absl::StatusOr<Theme> ReadTheme(const std::string& path) {
  if (path.empty()) return Theme();
  std::string text;
  absl::Status read = ReadTrustedFile(path, Secrecy::kPublic, kMaxTheme, text);
  absl::StatusOr<Theme> theme = read.ok() ? ThemeOf(path, text) : absl::StatusOr<Theme>(std::move(read));
  if (theme.ok()) return theme;
  return absl::InvalidArgumentError(absl::StrCat("the theme ", path, ": ", theme.status().message()));
}

}  // namespace twofold
