#ifndef TWOFOLD_SERVER_ACCESS_FORWARDED_IDENTITY_H_
#define TWOFOLD_SERVER_ACCESS_FORWARDED_IDENTITY_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace twofold {

// Reads the identities in an x-forwarded-client-cert header, with which the Envoy proxy hands on
// the certificate of its client: elements divided by commas, each with pairs KEY=VALUE divided by
// semicolons, and values that may be quoted. Returns the values of URI and DNS as identities of a
// policy ("uri:…", "dns:…"). The function is pure.
//
// The header must have exactly one element. A proxy appends an element to what its client sent, so
// with several elements it is not known who vouches for which. INVALID_ARGUMENT says what is wrong.
// Source: Envoy's documentation, "HTTP header manipulation", x-forwarded-client-cert.
absl::StatusOr<std::vector<std::string>> ParseForwardedIdentity(absl::string_view header);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_ACCESS_FORWARDED_IDENTITY_H_
