#ifndef TWOFOLD_SERVER_RPC_REFUSAL_LOG_H_
#define TWOFOLD_SERVER_RPC_REFUSAL_LOG_H_

#include <string>

#include "absl/strings/string_view.h"

namespace twofold {

// Logs why a caller was refused. `who` is its name or identity, and `peer` its address as gRPC writes
// it. Of one caller it logs a line at most every ten seconds, because the audit log has an event for
// each call, and of all strangers together at most one line a second. Thread-safe. Never blocks.
void LogRefusal(absl::string_view who, const std::string& peer, absl::string_view why);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RPC_REFUSAL_LOG_H_
