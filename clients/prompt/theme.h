#ifndef TWOFOLD_CLIENTS_PROMPT_THEME_H_
#define TWOFOLD_CLIENTS_PROMPT_THEME_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace twofold {

// How the operator's page looks. A plain value.
struct Theme {
  // The name of the organisation, for prompts whose service gives none. If it is empty, the page uses
  // its host.
  std::string name = {};
  // The contents of the picture. Empty: there is none.
  std::string logo = {};
  std::string logo_type = {};
  // The style sheet that sets the colours.
  std::string css = {};
};

// Reads a theme file, a JSON object with the optional texts "name", "logo" (the path of a PNG, SVG, JPEG or
// WebP file of at most 256 KiB, beside the theme file unless it is absolute), "color" and "color_dark" (as
// #RRGGBB, for light and dark pages). An empty path is a theme without anything. INVALID_ARGUMENT is one
// line that says what is wrong: the file cannot be read, has another key, or has a colour whose contrast
// with the page is below 4.5 (WCAG 2.2, 1.4.3). Blocks.
absl::StatusOr<Theme> ReadTheme(const std::string& path);

// The contrast of two colours as #RRGGBB, from 1 to 21 (WCAG 2.2, "contrast ratio").
double ContrastOf(absl::string_view first, absl::string_view second);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_PROMPT_THEME_H_
