#ifndef TWOFOLD_SERVER_OPS_WRITE_ALL_H_
#define TWOFOLD_SERVER_OPS_WRITE_ALL_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace twofold {

// Writes `rest` to `fd` and removes the written part from its front, so that the caller can go on
// after an error. Blocks as long as `fd` does. If a non-blocking `fd` takes nothing for `patience`,
// the error is UNAVAILABLE. Every other error carries the system's reason.
absl::Status WriteAll(int fd, absl::string_view& rest, absl::Duration patience = absl::InfiniteDuration());

}  // namespace twofold

#endif  // TWOFOLD_SERVER_OPS_WRITE_ALL_H_
