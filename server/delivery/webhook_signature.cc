#include "server/delivery/webhook_signature.h"

#include <array>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/types/span.h"
#include "crypto/bytes.h"
#include "crypto/hmac.h"

namespace twofold {
namespace {

constexpr size_t kMinSecret = 24;
constexpr size_t kMaxSecret = 64;
constexpr size_t kMaxSecrets = 2;
constexpr size_t kSha256Size = 32;

}  // namespace

absl::StatusOr<std::vector<SecretBytes>> ParseWebhookSecrets(absl::string_view text) {
  std::vector<SecretBytes> secrets;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (line.empty()) continue;
    std::string secret;
    const absl::Cleanup wipe = [&secret] { WipeString(secret); };
    if (!absl::ConsumePrefix(&line, "whsec_") || !absl::Base64Unescape(line, &secret) ||
        secret.size() < kMinSecret || secret.size() > kMaxSecret) {
      return absl::InvalidArgumentError("has a line that is not whsec_ and the Base64 of 24 to 64 bytes");
    }
    secrets.push_back(SecretBytes::FromString(secret));
  }
  if (secrets.empty() || secrets.size() > kMaxSecrets) {
    return absl::InvalidArgumentError("does not hold one or two secrets");
  }
  return secrets;
}

std::string SignWebhook(const std::vector<SecretBytes>& secrets, absl::string_view id, int64_t seconds,
                        absl::string_view body) {
  std::string content = absl::StrCat(id, ".", seconds, ".", body);
  const absl::Cleanup wipe = [&content] { WipeString(content); };
  std::string signatures;
  for (const SecretBytes& secret : secrets) {
    std::array<uint8_t, kSha256Size> digest{};
    Hmac(HashAlgorithm::kSha256, secret.bytes(), AsBytes(content), absl::MakeSpan(digest));
    absl::StrAppend(&signatures, signatures.empty() ? "" : " ", "v1,", absl::Base64Escape(AsText(digest)));
  }
  return signatures;
}

}  // namespace twofold
