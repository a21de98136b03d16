#include "storage/backend_uri.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace twofold {
namespace {

constexpr absl::string_view kHostCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:,[]";

}  // namespace

std::string BackendUri::Display() const {
  absl::string_view authority = rest;
  if (!absl::ConsumePrefix(&authority, "//")) return absl::StrCat(scheme, ":");
  const size_t end = authority.find_first_of("/?#");
  // A password with one of these characters in it makes the rest look like a path: then nothing is safe to
  // show.
  const bool ambiguous = end != absl::string_view::npos && absl::StrContains(authority.substr(end), "@");
  authority = authority.substr(0, end);
  if (const size_t at = authority.rfind('@'); at != absl::string_view::npos) authority.remove_prefix(at + 1);
  if (ambiguous || authority.find_first_not_of(kHostCharacters) != absl::string_view::npos) {
    return absl::StrCat(scheme, "://...");
  }
  return absl::StrCat(scheme, "://", authority);
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
      absl::StrCat(kind, ": no backend for ", uri.Display(), "; known schemes are ", schemes));
}

}  // namespace twofold
