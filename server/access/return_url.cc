#include "server/access/return_url.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace twofold {
namespace {

absl::Status Refuse(absl::string_view why) { return absl::InvalidArgumentError(why); }

bool IsUnreserved(char c) {
  return absl::ascii_isalnum(c) || c == '-' || c == '.' || c == '_' || c == '~' || c == '%';
}

bool IsHost(absl::string_view host) {
  const auto good = [](char c) {
    return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-' || c == '.';
  };
  return !host.empty() && host.size() <= 253 && host.front() != '-' && host.front() != '.' &&
         host.back() != '.' && !absl::StrContains(host, "..") && std::all_of(host.begin(), host.end(), good);
}

bool IsLoopbackHost(absl::string_view host) {
  return host == "localhost" || absl::EndsWith(host, ".localhost") || host == "127.0.0.1";
}

absl::Status CheckPath(absl::string_view path) {
  const std::vector<absl::string_view> segments = absl::StrSplit(path.substr(1), '/');
  for (size_t i = 0; i < segments.size(); ++i) {
    const bool last = i + 1 == segments.size();
    if (segments[i].empty() && !last) return Refuse("has an empty segment in its path");
    if (segments[i] == "." || segments[i] == "..") return Refuse("has a dotted segment in its path");
    if (!std::all_of(segments[i].begin(), segments[i].end(), IsUnreserved)) {
      return Refuse("has characters in its path that are not letters, digits or -._~%");
    }
  }
  const std::string lower = absl::AsciiStrToLower(path);
  for (const char* const escaped : {"%2f", "%2e", "%5c", "%00"}) {
    if (absl::StrContains(lower, escaped))
      return Refuse("has an escaped slash, backslash, dot or NUL in its path");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ReturnUrl> ParseReturnUrl(absl::string_view text) {
  if (text.empty()) return Refuse("is required");
  if (text.size() > kMaxReturnUrlSize)
    return Refuse(absl::StrCat("is longer than ", kMaxReturnUrlSize, " bytes"));
  const auto plain = [](char c) { return absl::ascii_isgraph(c) && c != '\\' && c != '#' && c != '"'; };
  if (!std::all_of(text.begin(), text.end(), plain)) {
    return Refuse("has a character other than printable ASCII, or a backslash, a quote or a fragment");
  }
  absl::string_view rest = text;
  const bool https = absl::ConsumePrefix(&rest, "https://");
  if (!https && !absl::ConsumePrefix(&rest, "http://")) return Refuse("does not begin with https://");
  const size_t slash = rest.find('/');
  if (slash == absl::string_view::npos) return Refuse("has no path; write a slash after the host");
  const absl::string_view authority = rest.substr(0, slash);
  const size_t colon = authority.find(':');
  const absl::string_view host = authority.substr(0, colon);
  if (!IsHost(host)) return Refuse("has no host in lower case, or has a user in it");
  if (colon != absl::string_view::npos) {
    int port = 0;
    const absl::string_view digits = authority.substr(colon + 1);
    if (!absl::SimpleAtoi(digits, &port) || port < 1 || port > 65535 || absl::StrCat(port) != digits) {
      return Refuse("has a port that is no number from 1 to 65535");
    }
  }
  if (!https && !IsLoopbackHost(host)) return Refuse("is http, which only localhost may be");
  absl::string_view path = rest.substr(slash);
  path = path.substr(0, path.find('?'));
  const absl::Status good_path = CheckPath(path);
  if (!good_path.ok()) return good_path;
  return ReturnUrl{absl::StrCat(https ? "https://" : "http://", authority), std::string(path)};
}

bool Admits(const ReturnUrl& allowed, const ReturnUrl& url) {
  if (allowed.origin != url.origin) return false;
  if (allowed.path == url.path) return true;
  const bool whole_segment = absl::EndsWith(allowed.path, "/");
  return absl::StartsWith(url.path, whole_segment ? allowed.path : absl::StrCat(allowed.path, "/"));
}

absl::Status CheckReturnUrl(absl::string_view text, absl::Span<const std::string> allowed) {
  const absl::StatusOr<ReturnUrl> url = ParseReturnUrl(text);
  if (!url.ok()) return url.status();
  for (const std::string& entry : allowed) {
    const absl::StatusOr<ReturnUrl> parsed = ParseReturnUrl(entry);
    if (parsed.ok() && Admits(*parsed, *url)) return absl::OkStatus();
  }
  return Refuse("is not below one of the caller's return_urls");
}

}  // namespace twofold
