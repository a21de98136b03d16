#ifndef TWOFOLD_SERVER_OPS_AUDIT_SINK_H_
#define TWOFOLD_SERVER_OPS_AUDIT_SINK_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/ops/audit.h"

namespace twofold {

// The destination of the audit log's lines. Thread-safe. Writing to a regular file blocks as long
// as its disk does. Any other destination may have no reader, and blocks for settings.patience at
// most.
class AuditSink {
 public:
  virtual ~AuditSink() = default;

  // Removes the written part from the front of `rest`, which lies within the whole lines of
  // `lines`. If the front of a line went to an earlier file, the line starts again. The next call
  // must go on with the same lines until the result is OK. Returns UNAVAILABLE if nobody reads.
  virtual absl::Status Write(absl::string_view lines, absl::string_view& rest) = 0;

  virtual absl::Status Reopen() = 0;
};

// Opens settings.destination, which must not be "none". A written line counts only while the path
// leads to the file. If the file was moved away or removed, the sink opens the path again, and
// writes again what went into a file without a name. The file is synced when it is closed.
// INVALID_ARGUMENT is as in OpenAuditFile.
absl::StatusOr<std::unique_ptr<AuditSink>> OpenAuditSink(const AuditSettings& settings);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_OPS_AUDIT_SINK_H_
