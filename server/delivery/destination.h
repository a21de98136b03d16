#ifndef TWOFOLD_SERVER_DELIVERY_DESTINATION_H_
#define TWOFOLD_SERVER_DELIVERY_DESTINATION_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "twofold/v1/method.pb.h"

// Where sent codes go. All functions are pure and thread-safe. Their errors are INVALID_ARGUMENT and
// quote nothing of the destination.

namespace twofold {

// OK for an E.164 number: a plus sign, then 8 to 15 digits, of which the first is not 0. It has no
// spaces or other separators.
absl::Status CheckPhoneNumber(absl::string_view number);

// OK for an address of a narrow subset of RFC 5321 §4.1.2. The part before the one @ consists of
// printable ASCII atoms with dots between them, without quotes, and has at most 64 bytes. The domain
// has two or more labels of letters, digits and hyphens, of at most 63 bytes each. The whole has at
// most 254 bytes. There is no list, no comment and no IP address.
absl::Status CheckEmailAddress(absl::string_view address);

// The check above that belongs to `type`. INVALID_ARGUMENT for every type whose codes are not sent.
absl::Status CheckDestination(v1::MethodType type, absl::string_view destination);

// What a user recognizes and nobody else can use: "+***78" or "a***@example.org". Returns "***" for a
// destination that CheckDestination refuses.
std::string MaskDestination(v1::MethodType type, absl::string_view destination);

// Parses a list such as "+49,+4915,+1". Each prefix is a plus sign and 1 to 14 digits, of which the
// first is not 0. An empty text is an empty list.
absl::StatusOr<std::vector<std::string>> ParseDialPrefixes(absl::string_view text);

// Returns the longest prefix in `allowed` that `number` begins with. Empty if there is none. The
// result lives as long as `allowed`.
absl::string_view DialPrefixOf(absl::string_view number, const std::vector<std::string>& allowed);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_DELIVERY_DESTINATION_H_
