#ifndef TWOFOLD_SERVER_DELIVERY_TRANSFER_ERROR_H_
#define TWOFOLD_SERVER_DELIVERY_TRANSFER_ERROR_H_

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace twofold {

// The error of a transfer that failed before the receiver had a message. `reason` may quote its
// certificate.
inline absl::Status NotReached(absl::string_view receiver, absl::string_view reason) {
  constexpr size_t kMaxReason = 200;
  return absl::UnavailableError(
      absl::StrCat(receiver, " is not reached: ", absl::Utf8SafeCHexEscape(reason.substr(0, kMaxReason))));
}

}  // namespace twofold

#endif  // TWOFOLD_SERVER_DELIVERY_TRANSFER_ERROR_H_
