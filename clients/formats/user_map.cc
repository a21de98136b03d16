#include "clients/formats/user_map.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "clients/formats/text.h"
#include "common/status_macros.h"
#include "common/unicode.h"

namespace twofold {
namespace {

constexpr char kHeaderShape[] =
    "the first line of the user map must name its columns: serial, account or entry, then user, and "
    "perhaps tenant and description";

}  // namespace

absl::Status UserMap::ParseHeader(absl::string_view line) {
  const CsvRow row(line);
  key_column_ = absl::AsciiStrToLower(row[0]);
  columns_ = row.size();
  bool ok = row.ok() && (key_column_ == "serial" || key_column_ == "account" || key_column_ == "entry") &&
            absl::AsciiStrToLower(row[1]) == "user";
  for (size_t i = 2; ok && i < row.size(); ++i) {
    const std::string name = absl::AsciiStrToLower(row[i]);
    size_t* column = nullptr;
    if (name == "tenant") column = &tenant_column_;
    if (name == "description") column = &description_column_;
    ok = column != nullptr && *column == 0;
    if (ok) *column = i;
  }
  return ok ? absl::OkStatus() : absl::InvalidArgumentError(kHeaderShape);
}

std::string UserMap::AddRow(absl::string_view line, size_t number) {
  const CsvRow row(line);
  if (!row.ok()) return "has a quote that is not closed";
  if (row.size() != columns_)
    return absl::StrCat("has ", row.size(), " columns, and the header has ", columns_);
  if (row[0].empty()) return absl::StrCat("has no ", key_column_);
  if (row[1].empty()) return "has no user";
  for (size_t i = 0; i < row.size(); ++i) {
    if (!TextFault(row[i]).empty()) return absl::StrCat("has a column that ", TextFault(row[i]));
  }
  MappedUser user;
  user.user = std::string(row[1]);
  if (tenant_column_ != 0) user.tenant = std::string(row[tenant_column_]);
  if (description_column_ != 0) user.description = std::string(row[description_column_]);
  user.line = number;
  const auto [at, is_new] = users_.try_emplace(std::string(row[0]), std::move(user));
  return is_new ? "" : absl::StrCat("repeats the ", key_column_, " of line ", at->second.line);
}

absl::StatusOr<UserMap> UserMap::Parse(absl::string_view text, std::vector<EntryError>& errors) {
  UserMap map;
  LineReader lines(text);
  for (absl::string_view line; lines.Next(line);) {
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line[0] == '#') continue;
    if (map.key_column_.empty()) {
      TWOFOLD_RETURN_IF_ERROR(map.ParseHeader(line));
      continue;
    }
    if (std::string fault = map.AddRow(line, lines.number()); !fault.empty())
      errors.push_back({lines.number(), "", std::move(fault)});
  }
  if (map.key_column_.empty()) return absl::InvalidArgumentError(kHeaderShape);
  return map;
}

const MappedUser* UserMap::Find(const ImportedEntry& entry) const {
  const auto find = [this](absl::string_view key) -> const MappedUser* {
    const auto at = users_.find(key);
    return key.empty() || at == users_.end() ? nullptr : &at->second;
  };
  if (key_column_ == "entry") return find(absl::StrCat(entry.position));
  if (key_column_ == "account") return find(entry.account);
  const MappedUser* user = find(entry.serial);
  return user != nullptr ? user : find(entry.key_id);
}

}  // namespace twofold
