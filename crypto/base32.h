#ifndef TWOFOLD_CRYPTO_BASE32_H_
#define TWOFOLD_CRYPTO_BASE32_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "crypto/secret_bytes.h"

// Encodes in Base32 (RFC 4648 §6) without padding, as authenticator apps expect it.

namespace twofold {

std::string Base32Encode(absl::Span<const uint8_t> bytes);
std::string Base32EncodeLower(absl::Span<const uint8_t> bytes);

// Decodes text that people paste and that other programs export, as authenticator apps do. It
// accepts any case, white space and dashes anywhere, a byte order mark in front, any number of
// equals signs at the end, and any bits after the last byte. Several texts can therefore be one
// secret, so compare the decoded bytes.
//
// Returns INVALID_ARGUMENT for any other character and for a length that no encoding has. The
// message contains nothing of the text.
absl::StatusOr<SecretBytes> Base32Decode(absl::string_view text);

}  // namespace twofold

#endif  // TWOFOLD_CRYPTO_BASE32_H_
