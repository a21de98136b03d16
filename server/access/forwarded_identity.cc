#include "server/access/forwarded_identity.h"

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace twofold {
namespace {

// Takes the pair's key and its "=" off `text`.
absl::StatusOr<absl::string_view> TakeKey(absl::string_view& text) {
  const size_t equals = text.find('=');
  const absl::string_view key = text.substr(0, equals);
  if (equals == absl::string_view::npos || key.empty() ||
      key.find_first_of(",;\"") != absl::string_view::npos) {
    return absl::InvalidArgumentError("a pair is not KEY=VALUE");
  }
  text.remove_prefix(equals + 1);
  return key;
}

// Takes a value off `text`, up to the comma or semicolon after it. In a quoted value a backslash
// stands before a quote.
absl::StatusOr<std::string> TakeValue(absl::string_view& text) {
  std::string value;
  if (!absl::ConsumePrefix(&text, "\"")) {
    const size_t end = text.find_first_of(",;");
    value = std::string(text.substr(0, end));
    text.remove_prefix(end == absl::string_view::npos ? text.size() : end);
    return value;
  }
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c == '"') {
      if (text.empty() || text.front() == ',' || text.front() == ';') return value;
      break;
    }
    if (c == '\\' && !text.empty()) {
      value.push_back(text.front());
      text.remove_prefix(1);
    } else {
      value.push_back(c);
    }
  }
  return absl::InvalidArgumentError("a quoted value does not end");
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ParseForwardedIdentity(absl::string_view header) {
  std::vector<std::string> identities;
  while (true) {
    const absl::StatusOr<absl::string_view> key = TakeKey(header);
    if (!key.ok()) return key.status();
    const absl::StatusOr<std::string> value = TakeValue(header);
    if (!value.ok()) return value.status();
    const bool is_uri = absl::EqualsIgnoreCase(*key, "URI");
    const bool is_dns = absl::EqualsIgnoreCase(*key, "DNS");
    if ((is_uri || is_dns) && value->empty()) return absl::InvalidArgumentError("a name is empty");
    if (is_uri) identities.push_back("uri:" + *value);
    if (is_dns) identities.push_back("dns:" + *value);
    if (header.empty()) return identities;
    if (header.front() == ',') {
      return absl::InvalidArgumentError(
          "it has several elements; let the proxy replace what its client sent (SANITIZE_SET)");
    }
    header.remove_prefix(1);
  }
}

}  // namespace twofold
