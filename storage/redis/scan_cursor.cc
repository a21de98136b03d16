#include "storage/redis/scan_cursor.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "storage/keys.h"

namespace twofold::redis {
namespace {

constexpr absl::string_view kPrefix = "r1";
constexpr size_t kFixedParts = 5;

}  // namespace

// Names are those of storage/keys.h, in which no semicolon can be.
std::string FormatCursor(const ScanCursor& cursor) {
  return absl::StrCat(kPrefix, ";", cursor.topology, ";", cursor.master, ";", cursor.position, ";",
                      cursor.master_done ? 1 : 0, cursor.names.empty() ? "" : ";",
                      absl::StrJoin(cursor.names, ";"));
}

absl::StatusOr<ScanCursor> ParseCursor(absl::string_view text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ';');
  ScanCursor cursor;
  int done = 0;
  bool valid = parts.size() >= kFixedParts && parts[0] == kPrefix &&
               absl::SimpleAtoi(parts[1], &cursor.topology) && absl::SimpleAtoi(parts[2], &cursor.master) &&
               absl::SimpleAtoi(parts[3], &cursor.position) && absl::SimpleAtoi(parts[4], &done);
  for (size_t i = kFixedParts; valid && i < parts.size(); ++i) {
    valid = KeyOfFlatName(parts[i]).has_value();
    cursor.names.emplace_back(parts[i]);
  }
  cursor.master_done = done == 1;
  // SimpleAtoi lets signs and spaces pass; one cursor has one spelling.
  if (!valid || FormatCursor(cursor) != text)
    return absl::InvalidArgumentError("cursor: no scan returned it");
  return cursor;
}

}  // namespace twofold::redis
