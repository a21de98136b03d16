#include "clients/prompt/browser_session.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "crypto/sha256.h"

namespace twofold {
namespace {

constexpr size_t kMaxIdSize = 64;
// "__Host-" makes browsers refuse the cookie from another host or without Secure.
constexpr char kCookiePrefix[] = "__Host-tf-";
constexpr char kAttributes[] = "; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=";

}  // namespace

bool IsPromptId(absl::string_view id) {
  return !id.empty() && id.size() <= kMaxIdSize && std::all_of(id.begin(), id.end(), [](char c) {
    return absl::ascii_islower(static_cast<unsigned char>(c)) ||
           absl::ascii_isdigit(static_cast<unsigned char>(c));
  });
}

std::string SessionOf(const HttpRequest& request, absl::string_view prompt_id) {
  return std::string(ValueOf(request.cookies, absl::StrCat(kCookiePrefix, prompt_id)));
}

std::string SessionCookie(absl::string_view prompt_id, absl::string_view session, absl::Duration lifetime) {
  return absl::StrCat(kCookiePrefix, prompt_id, "=", session, kAttributes, absl::ToInt64Seconds(lifetime));
}

std::string EndedCookie(absl::string_view prompt_id) {
  return absl::StrCat(kCookiePrefix, prompt_id, "=", kAttributes, 0);
}

std::string FormToken(absl::string_view session) {
  return absl::WebSafeBase64Escape(Sha256(absl::StrCat("twofold form\n", session)));
}

bool IsSameOrigin(const HttpRequest& request, absl::string_view origin) {
  const absl::string_view said = ValueOf(request.headers, "origin");
  if (said == origin) return true;
  return (said.empty() || said == "null") && ValueOf(request.headers, "sec-fetch-site") == "same-origin";
}

}  // namespace twofold
