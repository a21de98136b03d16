#include "server/rules/prompt_token.h"

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "crypto/base32.h"
#include "crypto/bytes.h"

namespace twofold {
namespace {

using internal::v1::Prompt;
using internal::v1::PromptToken;

constexpr size_t kMaxTokenSize = 8192;
constexpr absl::string_view kContext = "prompt token 1";
constexpr absl::string_view kCodeLabel = "prompt-code";

// As a value of a URL's query (RFC 3986 section 2.3).
std::string Escaped(absl::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain =
        absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out.push_back(c);
    } else {
      absl::StrAppendFormat(&out, "%%%02X", static_cast<unsigned char>(c));
    }
  }
  return out;
}

}  // namespace

std::string SealPromptToken(const KeyRing& ring, Random& random, const PromptToken& token) {
  return absl::WebSafeBase64Escape(ring.Seal(Purpose::kPrompt, token.SerializeAsString(), kContext, random));
}

std::optional<PromptToken> OpenPromptToken(const KeyRing& ring, absl::string_view text) {
  std::string sealed;
  if (text.size() > kMaxTokenSize || !absl::WebSafeBase64Unescape(text, &sealed)) return std::nullopt;
  const absl::StatusOr<SecretBytes> plain = ring.Open(Purpose::kPrompt, sealed, kContext);
  PromptToken token;
  if (!plain.ok() || !token.ParseFromArray(plain->bytes().data(), static_cast<int>(plain->size()))) {
    return std::nullopt;
  }
  return token;
}

std::string SealPromptLink(const KeyRing& ring, Random& random, const PromptToken& token) {
  return absl::StrCat(token.prompt_id(), ".", SealPromptToken(ring, random, token));
}

std::optional<PromptToken> OpenPromptLink(const KeyRing& ring, absl::string_view text) {
  const size_t dot = text.find('.');
  if (dot == absl::string_view::npos) return std::nullopt;
  std::optional<PromptToken> token = OpenPromptToken(ring, text.substr(dot + 1));
  if (!token.has_value() || !token->session_secret().empty() || token->prompt_id() != text.substr(0, dot)) {
    return std::nullopt;
  }
  return token;
}

std::string PromptCode(const KeyRing& ring, const Prompt& prompt) {
  return Base32EncodeLower(AsBytes(ring.Digest(kCodeLabel, prompt.prompt_id())));
}

bool IsPromptCode(const KeyRing& ring, const Prompt& prompt, absl::string_view code) {
  const absl::StatusOr<SecretBytes> digest = Base32Decode(absl::AsciiStrToUpper(code));
  return digest.ok() && ring.DigestMatches(prompt.key_id(), kCodeLabel, prompt.prompt_id(), digest->text());
}

std::string ReturnTo(const v1::CreatePromptRequest& request, absl::string_view name,
                     absl::string_view value) {
  const bool has_query = absl::StrContains(request.return_url(), '?');
  return absl::StrCat(request.return_url(), has_query ? "&" : "?", name, "=", Escaped(value),
                      "&state=", Escaped(request.state()));
}

}  // namespace twofold
