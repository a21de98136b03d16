#ifndef TWOFOLD_SERVER_OPS_AUDIT_SINK_H_
#define TWOFOLD_SERVER_OPS_AUDIT_SINK_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/ops/audit.h"

namespace twofold {

// Where lines of the audit log go. Thread-safe. A regular file blocks as long as its disk does; everything
// else, which may have no reader, for settings.patience at most.
class AuditSink {
 public:
  virtual ~AuditSink() = default;

  // Takes off the front of `rest` what was written. `rest` lies within `lines`, whole lines; when the file is
  // another one than that which got the front of a line, the line starts again. The next call goes on with
  // the same lines until it is OK. UNAVAILABLE: nobody reads it.
  virtual absl::Status Write(absl::string_view lines, absl::string_view& rest) = 0;

  virtual absl::Status Reopen() = 0;
};

// Opens settings.destination, which is not "none". What is written counts only while the path leads to the
// file: one that was moved away or removed is opened again, and what went into a file without a name is
// written once more. Synced when it is closed. INVALID_ARGUMENT as OpenAuditFile has it.
absl::StatusOr<std::unique_ptr<AuditSink>> OpenAuditSink(const AuditSettings& settings);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_OPS_AUDIT_SINK_H_
