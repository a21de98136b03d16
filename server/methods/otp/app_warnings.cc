#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/methods/otp/otpauth_uri.h"

namespace twofold {
namespace {

bool IsDefaultAlgorithm(const OtpauthUri& uri) { return uri.algorithm == HashAlgorithm::kSha1; }
bool IsDefaultDigits(const OtpauthUri& uri) { return uri.digits == 6; }
bool IsDefaultPeriod(const OtpauthUri& uri) { return uri.type != OtpType::kTotp || uri.period_seconds == 30; }

// - privacyidea/privacyidea issue 709 (2017): HOTP codes are scanned and treated as TOTP.
// - F. Marier, "TOTP in 2025", and kspearrin/Otp.NET issue 54 (2023): SHA256 and SHA512 are treated as SHA1.
// - puddly/android-otp-extractor issue 33 (2020) and a table of tests by G. Welch (2022): 8 digits come out
//   as 6.
// - RobThree/TwoFactorAuth.Net issues 1 (2016) and 18 (2021): the period is not taken into account.
std::string MicrosoftAuthenticator(const OtpauthUri& uri) {
  if (uri.type == OtpType::kHotp)
    return "Microsoft Authenticator takes counter-based codes for time-based ones";
  if (IsDefaultAlgorithm(uri) && IsDefaultDigits(uri) && IsDefaultPeriod(uri)) return "";
  return "Microsoft Authenticator ignores algorithm, digits and period: it makes 6-digit SHA1 codes every 30 "
         "seconds";
}

// - G. Welch's table (2022): on Android neither SHA256, SHA512 nor 8 digits; on iOS all of them. Marier
//   (2025): SHA256 works.
// - google/google-authenticator issue 521 (2015, with a test of 2019) and andry08/ArubaOTP-seed-extractor
//   issue 21 (2023): the period is ignored on Android and used on iOS.
std::string GoogleAuthenticator(const OtpauthUri& uri) {
  if (!IsDefaultPeriod(uri))
    return "Google Authenticator on Android ignores the period: it makes codes every 30 seconds";
  if (IsDefaultAlgorithm(uri) && IsDefaultDigits(uri)) return "";
  return "Google Authenticator on Android ignores algorithm and digits in versions before 2023";
}

// - Marier (2025): SHA256 is treated as SHA1. Welch (2022): SHA512 fails too, 8 digits work.
// - privacyidea/privacyidea issue 1156 (2018): a period of 60 seconds does not work.
std::string Authy(const OtpauthUri& uri) {
  if (!IsDefaultAlgorithm(uri)) return "Authy ignores the algorithm: it makes SHA1 codes";
  if (!IsDefaultPeriod(uri)) return "Authy ignores the period: it makes codes every 30 seconds";
  return "";
}

// - Marier (2025): SHA256 is treated as SHA1.
std::string DuoMobile(const OtpauthUri& uri) {
  if (IsDefaultAlgorithm(uri)) return "";
  return "Duo Mobile ignores the algorithm: it makes SHA1 codes";
}

}  // namespace

std::vector<std::string> AppWarnings(const OtpauthUri& uri) {
  std::vector<std::string> warnings;
  for (const auto app : {MicrosoftAuthenticator, GoogleAuthenticator, Authy, DuoMobile}) {
    if (std::string warning = app(uri); !warning.empty()) warnings.push_back(std::move(warning));
  }
  return warnings;
}

}  // namespace twofold
