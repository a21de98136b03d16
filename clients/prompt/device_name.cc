#include "clients/prompt/device_name.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"

namespace twofold {
namespace {

struct Known {
  absl::string_view mark;
  absl::string_view name;
};

// Browsers name those that they are compatible with, so the more special mark comes first.
constexpr Known kBrowsers[] = {{"Edg", "Edge"},         {"OPR/", "Opera"},     {"SamsungBrowser/", "Samsung"},
                               {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"}, {"CriOS/", "Chrome"},
                               {"Chrome/", "Chrome"},   {"Safari/", "Safari"}};
constexpr Known kSystems[] = {{"iPhone", "iPhone"}, {"iPad", "iPad"},       {"Android", "Android"},
                              {"CrOS", "ChromeOS"}, {"Windows", "Windows"}, {"Mac OS X", "macOS"},
                              {"Linux", "Linux"}};

absl::string_view FirstOf(absl::Span<const Known> all, absl::string_view user_agent) {
  for (const Known& one : all) {
    if (absl::StrContains(user_agent, one.mark)) return one.name;
  }
  return "";
}

}  // namespace

std::string DeviceName(absl::string_view user_agent) {
  const absl::string_view browser = FirstOf(kBrowsers, user_agent);
  const absl::string_view system = FirstOf(kSystems, user_agent);
  return absl::StrCat(browser, browser.empty() || system.empty() ? "" : ", ", system);
}

}  // namespace twofold
