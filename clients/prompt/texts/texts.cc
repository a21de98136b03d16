#include "clients/prompt/texts/texts.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace twofold {
namespace {

// A browser sends a handful of languages.
constexpr int kMaxLanguages = 20;

// Returns null if there are no texts in the language of `tag`.
const TextTable* TableOf(absl::string_view tag) {
  const absl::string_view primary = absl::StripAsciiWhitespace(tag.substr(0, tag.find('-')));
  for (const TextTable& table : TextTables()) {
    if (absl::EqualsIgnoreCase(table.language, primary)) return &table;
  }
  return nullptr;
}

double WeightOf(absl::string_view parameters) {
  absl::string_view text = absl::StripAsciiWhitespace(parameters);
  double weight = 0;
  if (text.empty()) return 1;
  return absl::ConsumePrefix(&text, "q=") && absl::SimpleAtod(text, &weight) ? weight : 0;
}

const TextTable* BestOf(absl::string_view accept_language) {
  const TextTable* best = nullptr;
  double best_weight = 0;
  int count = 0;
  for (const absl::string_view part : absl::StrSplit(accept_language, ',')) {
    if (++count > kMaxLanguages) break;
    const size_t end = part.find(';');
    const double weight = WeightOf(end == absl::string_view::npos ? "" : part.substr(end + 1));
    const TextTable* const table = TableOf(part.substr(0, end));
    if (table == nullptr || !(weight > best_weight)) continue;
    best = table;
    best_weight = weight;
  }
  return best;
}

}  // namespace

Texts::Texts(absl::string_view locale, absl::string_view accept_language) : table_(TableOf(locale)) {
  if (table_ == nullptr) table_ = BestOf(accept_language);
  if (table_ == nullptr) table_ = &TextTables().front();
}

std::string Texts::Of(TextId id, const Blanks& blanks) const {
  std::vector<std::pair<std::string, std::string>> replacements;
  replacements.reserve(blanks.size());
  for (const auto& [word, text] : blanks) replacements.emplace_back(absl::StrCat("{", word, "}"), text);
  return absl::StrReplaceAll(Of(id), replacements);
}

std::string Texts::TimeLeft(absl::Duration time) const {
  const int64_t seconds = std::max<int64_t>(1, absl::ToInt64Seconds(absl::Ceil(time, absl::Seconds(1))));
  const int64_t minutes = (seconds + 59) / 60;
  if (seconds == 1) return Of(TextId::kTimeSecond);
  if (seconds < 60) return Of(TextId::kTimeSeconds, {{"count", absl::StrCat(seconds)}});
  if (minutes == 1) return Of(TextId::kTimeMinute);
  if (minutes < 120) return Of(TextId::kTimeMinutes, {{"count", absl::StrCat(minutes)}});
  return Of(TextId::kTimeHours, {{"count", absl::StrCat((minutes + 59) / 60)}});
}

}  // namespace twofold
