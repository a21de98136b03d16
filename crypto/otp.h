#ifndef TWOFOLD_CRYPTO_OTP_H_
#define TWOFOLD_CRYPTO_OTP_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/clock.h"
#include "crypto/hash_algorithm.h"

// One-time passwords: HOTP (RFC 4226) and TOTP (RFC 6238), which is HOTP with the time step as its moving
// counter. All functions are thread-safe.

namespace twofold {

inline constexpr int kMinOtpDigits = 6;
inline constexpr int kMaxOtpDigits = 8;

struct OtpParameters {
  OtpParameters(HashAlgorithm algorithm_in, int digits_in) : algorithm(algorithm_in), digits(digits_in) {}

  HashAlgorithm algorithm;
  // 6 to 8. With any other number there is no code, and nothing matches.
  int digits;
};

// RFC 6238 §4.2, T0 = 0. `period_seconds` is above 0. Rounds down before 1970 too.
int64_t TimeStep(UnixMillis now, int period_seconds);

// The code for a moving factor (a counter or a time step) of at least 0.
std::string ComputeOtp(absl::Span<const uint8_t> key, OtpParameters parameters, int64_t counter);

// The highest of the counters first_counter … first_counter + count - 1 whose code is `presented`. All
// `count` codes are computed and compared in constant time, whatever `presented` is and wherever it matches;
// counters below 0 or above INT64_MAX cost the same and match nothing.
std::optional<int64_t> FindOtp(absl::Span<const uint8_t> key, OtpParameters parameters, int64_t first_counter,
                               int count, absl::string_view presented);

// How many HMACs this process has computed for codes, on all threads: tests compare the work of two calls by
// it.
int64_t OtpHmacCount();

}  // namespace twofold

#endif  // TWOFOLD_CRYPTO_OTP_H_
