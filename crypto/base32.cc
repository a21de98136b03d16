#include "crypto/base32.h"

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/strip.h"

namespace twofold {
namespace {

constexpr absl::string_view kUpper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr absl::string_view kLower = "abcdefghijklmnopqrstuvwxyz234567";
constexpr int kBitsPerSymbol = 5;
// Eight symbols carry five bytes.
constexpr size_t kGroup = 8;
// The byte order mark in UTF-8, as some editors write it.
constexpr absl::string_view kByteOrderMark = "\xef\xbb\xbf";

std::string Encode(absl::Span<const uint8_t> bytes, absl::string_view alphabet) {
  std::string text;
  text.reserve((bytes.size() * 8 + kBitsPerSymbol - 1) / kBitsPerSymbol);
  uint32_t buffer = 0;
  int bits = 0;
  for (const uint8_t byte : bytes) {
    buffer = buffer << 8 | byte;
    bits += 8;
    while (bits >= kBitsPerSymbol) {
      bits -= kBitsPerSymbol;
      text.push_back(alphabet[buffer >> bits & 31]);
    }
  }
  if (bits > 0) text.push_back(alphabet[buffer << (kBitsPerSymbol - bits) & 31]);
  return text;
}

// Returns -1 for a character that is not a symbol.
int SymbolValue(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a';
  if (c >= '2' && c <= '7') return c - '2' + 26;
  return -1;
}

bool IsSeparator(char c) { return c == '-' || absl::ascii_isspace(static_cast<unsigned char>(c)); }

absl::Status NotBase32(absl::string_view why) { return absl::InvalidArgumentError(why); }

absl::StatusOr<size_t> CountSymbols(absl::string_view text) {
  size_t symbols = 0;
  bool padded = false;
  for (const char c : text) {
    if (IsSeparator(c)) continue;
    if (c == '=') {
      padded = true;
      continue;
    }
    if (SymbolValue(c) < 0) return NotBase32("not base32: only A-Z and 2-7 are allowed");
    if (padded) return NotBase32("not base32: an equals sign stands before the end");
    ++symbols;
  }
  const size_t rest = symbols % kGroup;
  if (rest == 1 || rest == 3 || rest == 6) return NotBase32("not base32: no text has this length");
  return symbols;
}

}  // namespace

std::string Base32Encode(absl::Span<const uint8_t> bytes) { return Encode(bytes, kUpper); }

std::string Base32EncodeLower(absl::Span<const uint8_t> bytes) { return Encode(bytes, kLower); }

absl::StatusOr<SecretBytes> Base32Decode(absl::string_view text) {
  absl::ConsumePrefix(&text, kByteOrderMark);
  const absl::StatusOr<size_t> symbols = CountSymbols(text);
  if (!symbols.ok()) return symbols.status();
  SecretBytes decoded = SecretBytes::Zeros(*symbols * kBitsPerSymbol / 8);
  uint8_t* next = decoded.mutable_bytes().data();
  uint32_t buffer = 0;
  int bits = 0;
  for (const char c : text) {
    const int value = SymbolValue(c);
    if (value < 0) continue;
    buffer = buffer << kBitsPerSymbol | static_cast<uint32_t>(value);
    bits += kBitsPerSymbol;
    if (bits < 8) continue;
    bits -= 8;
    *next++ = static_cast<uint8_t>(buffer >> bits);
  }
  return decoded;
}

}  // namespace twofold
