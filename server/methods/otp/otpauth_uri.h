#ifndef TWOFOLD_SERVER_METHODS_OTP_OTPAUTH_URI_H_
#define TWOFOLD_SERVER_METHODS_OTP_OTPAUTH_URI_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/hash_algorithm.h"
#include "crypto/secret_bytes.h"

// The URI by which authenticator apps take over a secret, usually as a QR code. Written and read as Google's
// Key URI Format has it (https://github.com/google/google-authenticator/wiki/Key-Uri-Format), which is what
// apps follow; there is no RFC.

namespace twofold {

enum class OtpType { kTotp, kHotp };

inline constexpr size_t kMinSecretSize = 10;
inline constexpr size_t kMaxSecretSize = 128;
inline constexpr int kMinPeriodSeconds = 15;
inline constexpr int kMaxPeriodSeconds = 300;
// Below 2^63 by so much that no counter which only ever counts on from here overflows.
inline constexpr int64_t kMaxStartCounter = std::numeric_limits<int64_t>::max() - (int64_t{1} << 32);
// In bytes. With both at their longest the URI still fits a QR code.
inline constexpr size_t kMaxUriIssuerSize = 128;
// A user id, which may be as long, stands for a name that is missing.
inline constexpr size_t kMaxAccountNameSize = 255;

// What the format fills in where a URI leaves a parameter out.
inline constexpr HashAlgorithm kDefaultAlgorithm = HashAlgorithm::kSha1;
inline constexpr int kDefaultDigits = 6;
inline constexpr int kDefaultPeriodSeconds = 30;

struct OtpauthUri {
  OtpType type = OtpType::kTotp;
  SecretBytes secret;
  // Both are UTF-8 and may be empty.
  std::string issuer;
  std::string account_name;
  HashAlgorithm algorithm = kDefaultAlgorithm;
  int digits = kDefaultDigits;
  // TOTP only.
  int period_seconds = kDefaultPeriodSeconds;
  // HOTP only: the next counter that the app uses.
  int64_t counter = 0;
};

// Algorithm, digits and period are left out where they have the format's defaults, which every app knows: a
// QR code of fewer modules fits a terminal and is easier to scan. Apps take the first colon of the label for
// the end of the issuer: a colon in the issuer (without one, in the account name) becomes a dash there.
std::string FormatOtpauthUri(const OtpauthUri& uri);

// Reads what common apps export: a byte order mark in front and white space at both ends do not count, a plus
// in a parameter is a space, and an algorithm may be written like SHA-1 or HmacSHA256, in any case.
//
// INVALID_ARGUMENT, with a message that contains nothing of the text, when it is no such URI, when a
// parameter is outside the bounds above or stands twice with different values, for a HOTP URI without
// counter, unless `missing_counter` gives it, and for codes that are not digits ("encoder"). Unknown
// parameters are ignored; the issuer is that of the parameter or, where it is empty, that of the label.
absl::StatusOr<OtpauthUri> ParseOtpauthUri(absl::string_view text,
                                           std::optional<int64_t> missing_counter = std::nullopt);

// One sentence for each popular app that is known to make wrong codes from these parameters; none for the
// defaults.
std::vector<std::string> AppWarnings(const OtpauthUri& uri);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_METHODS_OTP_OTPAUTH_URI_H_
