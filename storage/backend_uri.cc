#include "storage/backend_uri.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace twofold {
namespace {

constexpr absl::string_view kHostCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:,[]";
constexpr absl::string_view kOptionNameCharacters = "abcdefghijklmnopqrstuvwxyz_";
// Of the backends here and of the sources of keys. A mistyped name may stand before a password.
constexpr absl::string_view kHarmlessOptions[] = {
    "ca",           "ca_file", "password_file", "secret_file", "connect_timeout", "db",      "keyring",
    "min_replicas", "timeout", "tls",           "tls_ca",      "tls_cert",        "tls_key", "token_file"};

std::string RedactOption(absl::string_view option) {
  const size_t equals = option.find('=');
  const absl::string_view name = option.substr(0, equals);
  const bool harmless =
      std::find(std::begin(kHarmlessOptions), std::end(kHarmlessOptions), name) != std::end(kHarmlessOptions);
  if (harmless) return std::string(option);
  const bool is_name = equals != absl::string_view::npos &&
                       name.find_first_not_of(kOptionNameCharacters) == absl::string_view::npos;
  return absl::StrCat(is_name ? name : "", is_name ? "=" : "", "***");
}

// `rest` begins with the host part. Nothing: a password with one of / ? # in it makes its end look
// like a path.
std::optional<std::string> RedactHierarchy(absl::string_view rest) {
  const size_t end = rest.find_first_of("/?#");
  absl::string_view authority = rest.substr(0, end);
  const absl::string_view tail = end == absl::string_view::npos ? absl::string_view() : rest.substr(end);
  const size_t at = authority.rfind('@');
  if (at != absl::string_view::npos) authority.remove_prefix(at + 1);
  if (authority.find_first_not_of(kHostCharacters) != absl::string_view::npos) return std::nullopt;
  if (tail.find_first_of("@#") != absl::string_view::npos) return std::nullopt;
  const size_t question = tail.find('?');
  std::string shown =
      absl::StrCat(at == absl::string_view::npos ? "" : "***@", authority, tail.substr(0, question));
  if (question == absl::string_view::npos) return shown;
  std::vector<std::string> options;
  for (const absl::string_view option : absl::StrSplit(tail.substr(question + 1), '&')) {
    options.push_back(RedactOption(option));
  }
  return absl::StrCat(shown, "?", absl::StrJoin(options, "&"));
}

// Which never hold a password: a path follows.
bool NamesFile(absl::string_view scheme, absl::string_view rest) {
  if (scheme != "file" && scheme != "sqlite") return false;
  return !absl::StartsWith(rest, "//") || absl::StartsWith(rest, "///");
}

}  // namespace

std::string RedactUri(absl::string_view uri) {
  const absl::StatusOr<BackendUri> parsed = ParseBackendUri(uri);
  if (!parsed.ok()) return absl::StrContains(uri, "@") ? "..." : std::string(uri);
  if (parsed->rest.empty() || NamesFile(parsed->scheme, parsed->rest)) return std::string(uri);
  absl::string_view rest = parsed->rest;
  if (!absl::ConsumePrefix(&rest, "//")) return absl::StrCat(parsed->scheme, ":...");
  const std::optional<std::string> shown = RedactHierarchy(rest);
  return absl::StrCat(parsed->scheme, "://", shown ? absl::Utf8SafeCHexEscape(*shown) : "...");
}

bool IsUriScheme(absl::string_view scheme) {
  if (scheme.empty() || !absl::ascii_islower(static_cast<unsigned char>(scheme.front()))) return false;
  return scheme.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789+-.") == absl::string_view::npos;
}

absl::StatusOr<BackendUri> ParseBackendUri(absl::string_view uri) {
  const size_t colon = uri.find(':');
  if (uri.empty()) return absl::InvalidArgumentError("the URI is empty");
  BackendUri parsed;
  if (colon != absl::string_view::npos) parsed.scheme = absl::AsciiStrToLower(uri.substr(0, colon));
  if (!IsUriScheme(parsed.scheme)) return absl::InvalidArgumentError("the URI does not begin with a scheme");
  parsed.rest = std::string(uri.substr(colon + 1));
  return parsed;
}

absl::StatusOr<std::string> FilePathOf(const BackendUri& uri) {
  const absl::string_view path = uri.rest;
  const auto bad = [&uri](absl::string_view why) {
    return absl::InvalidArgumentError(absl::StrCat(uri.scheme, ": ", why, "; write ", uri.scheme,
                                                   ":/absolute/path or ", uri.scheme, ":relative/path"));
  };
  if (path.empty()) return bad("the path is missing");
  if (path.find('\0') != absl::string_view::npos) return bad("the path has a zero byte");
  if (absl::StartsWith(path, "//") && !absl::StartsWith(path, "///")) return bad("a host is not supported");
  if (path.find_first_of("?#") != absl::string_view::npos) return bad("options are not supported");
  if (absl::EndsWith(path, "/")) return bad("the path names a folder");
  return std::string(path);
}

absl::Status ExpectNothingMore(const BackendUri& uri) {
  if (uri.rest.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(uri.scheme, ": takes no settings"));
}

absl::Status BadUri(absl::string_view kind, absl::string_view why, absl::string_view schemes) {
  return absl::InvalidArgumentError(absl::StrCat(kind, ": ", why, "; known schemes are ", schemes));
}

absl::Status UnknownScheme(absl::string_view kind, const BackendUri& uri, absl::string_view schemes) {
  return absl::InvalidArgumentError(
      absl::StrCat(kind, ": no backend for ", uri.scheme, ":; known schemes are ", schemes));
}

}  // namespace twofold
