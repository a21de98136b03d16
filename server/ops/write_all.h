#ifndef TWOFOLD_SERVER_OPS_WRITE_ALL_H_
#define TWOFOLD_SERVER_OPS_WRITE_ALL_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace twofold {

// Writes `rest` to `fd` and takes off its front what was written, so that after an error the caller can go on
// where it stopped. Blocks as long as `fd` does; a non-blocking one may take nothing for `patience`, and then
// the error is UNAVAILABLE. Every other error carries the system's reason.
absl::Status WriteAll(int fd, absl::string_view& rest, absl::Duration patience = absl::InfiniteDuration());

}  // namespace twofold

#endif  // TWOFOLD_SERVER_OPS_WRITE_ALL_H_
