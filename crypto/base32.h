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

// Reads what people paste: any case, padding or none, spaces and dashes anywhere. INVALID_ARGUMENT for any
// other character, for a length that no encoding has, for wrong padding, and for set bits after the last byte
// (RFC 4648 §3.5: two spellings of one secret). The message contains nothing of the text.
absl::StatusOr<SecretBytes> Base32Decode(absl::string_view text);

}  // namespace twofold

#endif  // TWOFOLD_CRYPTO_BASE32_H_
