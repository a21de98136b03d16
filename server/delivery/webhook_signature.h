#ifndef TWOFOLD_SERVER_DELIVERY_WEBHOOK_SIGNATURE_H_
#define TWOFOLD_SERVER_DELIVERY_WEBHOOK_SIGNATURE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/secret_bytes.h"

// Signatures of the scheme v1 of Standard Webhooks:
// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
// All functions are pure and thread-safe.

namespace twofold {

// Parses one or two lines, each "whsec_" and the Base64 of 24 to 64 bytes. The first is the new
// secret and the second the old one. INVALID_ARGUMENT quotes nothing, and begins with a verb, so
// that the name of the file can stand before it.
absl::StatusOr<std::vector<SecretBytes>> ParseWebhookSecrets(absl::string_view text);

// Returns the value of the header webhook-signature, with one signature for each secret. `seconds`
// since the Unix epoch is the value of webhook-timestamp.
std::string SignWebhook(const std::vector<SecretBytes>& secrets, absl::string_view id, int64_t seconds,
                        absl::string_view body);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_DELIVERY_WEBHOOK_SIGNATURE_H_
