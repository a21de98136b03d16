#include "server/environment.h"

#include <algorithm>
#include <regex>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/option_flags.h"

namespace twofold {
namespace {

constexpr absl::string_view kPrefix = "TWOFOLD_";
// Variables of the command, of the project's tests and of its benchmark.
constexpr absl::string_view kOthers[] = {"TWOFOLD_ADDRESS",    "TWOFOLD_BIN",         "TWOFOLD_CA",
                                         "TWOFOLD_CERT",       "TWOFOLD_KEY",         "TWOFOLD_MIGRATE_FROM",
                                         "TWOFOLD_MIGRATE_TO", "TWOFOLD_SERVER_NAME", "TWOFOLD_SOAK"};
constexpr size_t kMaxShown = 80;

std::vector<std::string> KnownNames() {
  std::vector<std::string> names = FlagVariables();
  for (const absl::string_view other : kOthers) names.emplace_back(other);
  return names;
}

bool IsServiceLink(const std::string& name, const std::string& value) {
  static const std::regex kLink(
      "TWOFOLD_(.+_)?(SERVICE_HOST|SERVICE_PORT(_.+)?|PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)");
  // Somebody may give a variable of their own such a name, but not such a value.
  static const std::regex kPort("TWOFOLD_(.+_)?PORT");
  static const std::regex kPortValue("(tcp|udp|sctp)://.*");
  return std::regex_match(name, kLink) ||
         (std::regex_match(name, kPort) && std::regex_match(value, kPortValue));
}

// Returns how many letters must be inserted, deleted, replaced or swapped with their neighbour.
size_t Distance(absl::string_view a, absl::string_view b) {
  std::vector<std::vector<size_t>> best(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) best[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) best[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      best[i][j] = std::min(
          {best[i - 1][j] + 1, best[i][j - 1] + 1, best[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        best[i][j] = std::min(best[i][j], best[i - 2][j - 2] + 1);
      }
    }
  }
  return best[a.size()][b.size()];
}

// Returns the known name that was probably meant, or "" if none comes close.
std::string Meant(absl::string_view name, const std::vector<std::string>& known) {
  constexpr size_t kClose = 2;
  std::string meant;
  size_t closest = kClose + 1;
  for (const std::string& candidate : known) {
    const size_t distance = Distance(name, candidate);
    if (distance >= closest) continue;
    closest = distance;
    meant = candidate;
  }
  if (!meant.empty()) return meant;
  // This finds names with a suffix, such as TWOFOLD_STORAGE_URL.
  for (const std::string& candidate : known) {
    if (absl::StartsWith(name, absl::StrCat(candidate, "_")) && candidate.size() > meant.size()) {
      meant = candidate;
    }
  }
  return meant;
}

}  // namespace

std::vector<std::string> EnvironmentWarnings(const char* const* environment) {
  const std::vector<std::string> known = KnownNames();
  std::vector<std::string> warnings;
  for (; *environment != nullptr; ++environment) {
    const absl::string_view entry = *environment;
    const size_t equals = std::min(entry.find('='), entry.size());
    const std::string name(entry.substr(0, equals));
    if (!absl::StartsWith(name, kPrefix) || std::find(known.begin(), known.end(), name) != known.end()) {
      continue;
    }
    // Longer names are not typing errors, and comparing them takes time.
    const std::string shown = name.substr(0, kMaxShown);
    if (IsServiceLink(shown, std::string(entry.substr(equals)).substr(0, kMaxShown).erase(0, 1))) continue;
    const std::string meant = Meant(shown, known);
    warnings.push_back(absl::StrCat("the environment variable ", absl::CHexEscape(shown),
                                    " is not known and has no effect",
                                    meant.empty() ? "" : absl::StrCat("; did you mean ", meant, "?")));
  }
  std::sort(warnings.begin(), warnings.end());
  return warnings;
}

}  // namespace twofold
