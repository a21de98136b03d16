#ifndef TWOFOLD_SERVER_OPS_WRITE_ALL_H_
#define TWOFOLD_SERVER_OPS_WRITE_ALL_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace twofold {

// Writes `rest` to `fd` and takes off its front what was written, so that after an error the caller can go on
// where it stopped. Blocks, also on a non-blocking descriptor. The error carries the system's reason.
absl::Status WriteAll(int fd, absl::string_view& rest);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_OPS_WRITE_ALL_H_
