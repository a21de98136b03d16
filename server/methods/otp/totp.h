#ifndef TWOFOLD_SERVER_METHODS_OTP_TOTP_H_
#define TWOFOLD_SERVER_METHODS_OTP_TOTP_H_

#include <memory>
#include <string>

#include "server/methods/otp/otp_authenticator.h"

namespace twofold {

// A code of step s is compared when |step(now) + offset - s| <= kTotpWindow: one step for the network and the
// user's typing (RFC 6238 §5.2), around the authenticator's own clock.
inline constexpr int kTotpWindow = 1;
// Two successes in a row on the same side of the middle move the offset by one step, to this much at most
// (RFC 6238 §6).
inline constexpr int kTotpLearnedOffsetMax = 3;
// Resynchronisation searches this far from the server's clock, and may set an offset as large.
inline constexpr int kTotpResyncSteps = 20;
// A last accepted step that lies further ahead than this was not accepted by a clock like ours.
inline constexpr int kTotpStepsAheadMax = 25;

// Time-based codes (RFC 6238).
std::unique_ptr<const OtpAuthenticator> NewTotp(std::string issuer);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_METHODS_OTP_TOTP_H_
