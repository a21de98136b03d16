#ifndef TWOFOLD_SERVER_METHODS_OTP_HOTP_H_
#define TWOFOLD_SERVER_METHODS_OTP_HOTP_H_

#include <memory>
#include <string>

#include "server/methods/otp/otp_authenticator.h"

namespace twofold {

// A login is searched over the counters c ... c + kHotpLookAhead, where c is the next expected one (RFC 4226
// §7.4), and two consecutive codes over c ... c + kHotpResyncLookAhead.
inline constexpr int kHotpLookAhead = 10;
inline constexpr int kHotpResyncLookAhead = 100;

// Counter-based codes (RFC 4226). A failure never moves the counter.
std::unique_ptr<const OtpAuthenticator> NewHotp(std::string issuer);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_METHODS_OTP_HOTP_H_
