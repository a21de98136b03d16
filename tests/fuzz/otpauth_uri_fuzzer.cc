// ParseOtpauthUri takes what callers import. What it accepts is within the bounds, and what is written from
// it reads the same.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "crypto/bytes.h"
#include "server/methods/otp/otpauth_uri.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

bool WithinBounds(const twofold::OtpauthUri& uri) {
  return uri.secret.size() >= twofold::kMinSecretSize && uri.secret.size() <= twofold::kMaxSecretSize &&
         uri.digits >= 6 && uri.digits <= 8 && uri.period_seconds >= twofold::kMinPeriodSeconds &&
         uri.period_seconds <= twofold::kMaxPeriodSeconds && uri.counter >= 0 &&
         uri.counter <= twofold::kMaxStartCounter && uri.issuer.size() <= twofold::kMaxUriIssuerSize &&
         uri.account_name.size() <= twofold::kMaxAccountNameSize;
}

void Run(const uint8_t* data, size_t size) {
  const auto uri = twofold::ParseOtpauthUri(twofold::AsText({data, size}));
  if (!uri.ok()) return;
  if (!WithinBounds(*uri)) std::abort();
  const std::string written = twofold::FormatOtpauthUri(*uri);
  const auto again = twofold::ParseOtpauthUri(written);
  if (!again.ok() || twofold::FormatOtpauthUri(*again) != written) std::abort();
  if (!again->secret.ConstantTimeEquals(uri->secret) || again->counter != uri->counter) std::abort();
}

[[maybe_unused]] const bool kAdded = twofold::AddFuzzTarget("otpauth_uri", &Run);

}  // namespace
