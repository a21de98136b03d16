#include "crypto/otp.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <limits>

#include "crypto/hmac.h"
#include "crypto/openssl.h"

namespace twofold {
namespace {

std::atomic<int64_t> hmac_count{0};

// The digits of a code, zeros behind them up to the full width, then how many there are: what is compared,
// whole.
using CodeImage = std::array<uint8_t, kMaxOtpDigits + 1>;

bool DigitsAllowed(int digits) { return digits >= kMinOtpDigits && digits <= kMaxOtpDigits; }

// RFC 4226 §5.3, steps 1 and 2.
uint32_t TruncatedHmac(absl::Span<const uint8_t> key, HashAlgorithm algorithm, uint64_t counter) {
  std::array<uint8_t, 8> message;
  for (size_t i = 0; i < message.size(); ++i) message[i] = static_cast<uint8_t>(counter >> (56 - 8 * i));
  std::array<uint8_t, kMaxDigestSize> digest;
  const size_t size = DigestSize(algorithm);
  Hmac(algorithm, key, message, absl::MakeSpan(digest.data(), size));
  hmac_count.fetch_add(1, std::memory_order_relaxed);
  const size_t offset = digest[size - 1] & 0x0f;
  const uint32_t truncated = static_cast<uint32_t>(digest[offset] & 0x7f) << 24 |
                             static_cast<uint32_t>(digest[offset + 1]) << 16 |
                             static_cast<uint32_t>(digest[offset + 2]) << 8 | digest[offset + 3];
  OPENSSL_cleanse(digest.data(), digest.size());
  return truncated;
}

// RFC 4226 §5.3, step 3. `digits` is in range.
CodeImage ImageOf(uint32_t truncated, int digits) {
  CodeImage image{};
  for (int i = digits - 1; i >= 0; --i) {
    image[static_cast<size_t>(i)] = static_cast<uint8_t>('0' + truncated % 10);
    truncated /= 10;
  }
  image[kMaxOtpDigits] = static_cast<uint8_t>(digits);
  return image;
}

// Of what was presented. A text that is too long keeps a length that no code has.
CodeImage ImageOf(absl::string_view presented) {
  CodeImage image{};
  const size_t size = std::min<size_t>(presented.size(), kMaxOtpDigits + 1);
  std::copy_n(presented.begin(), std::min<size_t>(size, kMaxOtpDigits), image.begin());
  image[kMaxOtpDigits] = static_cast<uint8_t>(size);
  return image;
}

}  // namespace

int64_t TimeStep(UnixMillis now, int period_seconds) {
  const int64_t period = period_seconds * kMillisPerSecond;
  return now / period - (now % period < 0 ? 1 : 0);
}

std::string ComputeOtp(absl::Span<const uint8_t> key, OtpParameters parameters, int64_t counter) {
  if (!DigitsAllowed(parameters.digits) || counter < 0) return "";
  const CodeImage image =
      ImageOf(TruncatedHmac(key, parameters.algorithm, static_cast<uint64_t>(counter)), parameters.digits);
  return std::string(image.begin(), image.begin() + parameters.digits);
}

std::optional<int64_t> FindOtp(absl::Span<const uint8_t> key, OtpParameters parameters, int64_t first_counter,
                               int count, absl::string_view presented) {
  const bool digits_allowed = DigitsAllowed(parameters.digits);
  const int digits = digits_allowed ? parameters.digits : kMaxOtpDigits;
  const CodeImage typed_image = ImageOf(presented);
  uint64_t found = 0;
  uint64_t any = 0;
  for (int i = 0; i < count; ++i) {
    // Unsigned, so that it wraps past INT64_MAX into what counts as negative below.
    const uint64_t counter = static_cast<uint64_t>(first_counter) + static_cast<uint64_t>(i);
    const CodeImage image = ImageOf(TruncatedHmac(key, parameters.algorithm, counter), digits);
    const bool same = CRYPTO_memcmp(image.data(), typed_image.data(), image.size()) == 0;
    const bool in_range = counter <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
    // All ones for a match: selected without a branch, so that where it matched does not show in time.
    const uint64_t mask = ~(static_cast<uint64_t>(same & in_range & digits_allowed) - 1);
    found = (counter & mask) | (found & ~mask);
    any |= mask;
  }
  if (any == 0) return std::nullopt;
  return static_cast<int64_t>(found);
}

int64_t OtpHmacCount() { return hmac_count.load(std::memory_order_relaxed); }

}  // namespace twofold
