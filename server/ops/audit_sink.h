#ifndef TWOFOLD_SERVER_OPS_AUDIT_SINK_H_
#define TWOFOLD_SERVER_OPS_AUDIT_SINK_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace twofold {

// Where lines of the audit log go. Thread-safe; all calls block.
class AuditSink {
 public:
  virtual ~AuditSink() = default;

  // Takes off the front of `rest` what was written. `rest` lies within `lines`, whole lines; when the file is
  // another one than that which got the front of a line, the line starts again.
  virtual absl::Status Write(absl::string_view lines, absl::string_view& rest) = 0;

  virtual absl::Status Reopen() = 0;
};

std::unique_ptr<AuditSink> StderrSink();

// Synced when it is closed. INVALID_ARGUMENT names the path and the system's reason.
absl::StatusOr<std::unique_ptr<AuditSink>> OpenFileSink(const std::string& path);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_OPS_AUDIT_SINK_H_
