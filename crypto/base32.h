#ifndef TWOFOLD_CRYPTO_BASE32_H_
#define TWOFOLD_CRYPTO_BASE32_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "crypto/secret_bytes.h"

// Base32 of RFC 4648 §6, written without padding, as authenticator apps expect it.

namespace twofold {

std::string Base32Encode(absl::Span<const uint8_t> bytes);
std::string Base32EncodeLower(absl::Span<const uint8_t> bytes);

// Reads what people paste and what other programs export, as authenticator apps do: any case, white space and
// dashes anywhere, a byte order mark in front, any number of equals signs at the end, and any bits after the
// last byte. INVALID_ARGUMENT for any other character and for a length that no encoding has. The message
// contains nothing of the text. Several texts are one secret: compare what was decoded.
absl::StatusOr<SecretBytes> Base32Decode(absl::string_view text);

}  // namespace twofold

#endif  // TWOFOLD_CRYPTO_BASE32_H_
