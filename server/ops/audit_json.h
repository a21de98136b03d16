#ifndef TWOFOLD_SERVER_OPS_AUDIT_JSON_H_
#define TWOFOLD_SERVER_OPS_AUDIT_JSON_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "common/clock.h"
#include "server/ops/audit.h"

// These functions make the lines of the audit log. Every line is one JSON object (RFC 8259) in
// valid UTF-8, with its newline.

namespace twofold {

// Appends `text` as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD.
void AppendJsonString(absl::string_view text, std::string& out);

void AppendAuditLine(const AuditEvent& event, UnixMillis time, std::string& out);

// Appends the line that stands for events that could not be taken.
void AppendDroppedLine(int64_t count, UnixMillis time, std::string& out);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_OPS_AUDIT_JSON_H_
