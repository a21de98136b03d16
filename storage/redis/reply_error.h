#ifndef TWOFOLD_STORAGE_REDIS_REPLY_ERROR_H_
#define TWOFOLD_STORAGE_REDIS_REPLY_ERROR_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "storage/redis/endpoint.h"

// What Redis's error replies mean. Their first word is the code.

namespace twofold::redis {

enum class ErrorKind {
  kNoScript,     // The server does not know the script. Send its source.
  kMoved,        // Cluster: another server has the slot. Ask that one from now on.
  kAsk,          // Cluster: another server has this key. Ask that one this time.
  kTryAgain,     // Cluster: the slot is moving, or no server has it for a moment.
  kNotServing,   // The server cannot do this now (LOADING, OOM, ...). Nothing was done.
  kWrongServer,  // The same, and another server may be the right one (READONLY, MASTERDOWN, ...).
  kRefused,      // The server refuses this to us (NOAUTH, NOPERM, WRONGTYPE, ...). Nothing was done.
  kOther,        // Any other error. It is not known whether something was done.
};

ErrorKind KindOf(absl::string_view error);

// The server that kMoved or kAsk names, as in "MOVED 3999 127.0.0.1:6381". nullopt: the error names
// none. An empty host stands for the host that answered, `asked`.
std::optional<Endpoint> RedirectOf(absl::string_view error, const Endpoint& asked);

// Redis's own words, to follow a sentence in a log: " (CODE): words". The arguments that Redis
// repeats are left out, and everything that is not plain text is escaped.
std::string ShownText(absl::string_view error);

// The status of a command that failed: UNAVAILABLE when certainly nothing was done, otherwise
// UNKNOWN. The message is our sentence and Redis's own words.
absl::Status StatusOf(absl::string_view error);

// Replaces `reason` with `next`, unless `reason` is a refusal (FAILED_PRECONDITION) and `next` is
// not. A refusal matters more, because only an operator can mend it.
void NoteReason(absl::Status next, absl::Status& reason);

}  // namespace twofold::redis

#endif  // TWOFOLD_STORAGE_REDIS_REPLY_ERROR_H_
