#include "server/ops/audit_json.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace twofold {
void AppendJsonString(absl::string_view text, std::string& out) { absl::StrAppend(&out, text); }
void AppendAuditLine(const AuditEvent&, UnixMillis, std::string&) {}
void AppendDroppedLine(int64_t, UnixMillis, std::string&) {}
}  // namespace twofold
