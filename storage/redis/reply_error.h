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
  kNoScript,     // The server does not know the script: send it whole.
  kMoved,        // Cluster: the slot lives elsewhere, ask there from now on.
  kAsk,          // Cluster: this key lives elsewhere, ask there this time.
  kTryAgain,     // Cluster: the slot is moving, or was just taken from one node and not yet given to another.
  kNotServing,   // The server cannot do this now (LOADING, OOM, READONLY, ...); nothing was done.
  kWrongServer,  // The same, and another server may be the right one (READONLY, MASTERDOWN, ...).
  kRefused,      // It will not do this for us (NOAUTH, NOPERM, WRONGTYPE, ...); nothing was done.
  kOther,        // Anything else. Whether something was done is not known.
};

ErrorKind KindOf(absl::string_view error);

// Where kMoved and kAsk point to: "MOVED 3999 127.0.0.1:6381". nullopt when that is not what it says. A host
// that is left out stands for the host that answered, `asked`.
std::optional<Endpoint> RedirectOf(absl::string_view error, const Endpoint& asked);

// Redis's own words, to be put behind a sentence: " (CODE): words". For logs, without the arguments that
// Redis repeats, and with everything escaped that is not plain text.
std::string ShownText(absl::string_view error);

// The error of a command: UNAVAILABLE when certainly nothing was done, else UNKNOWN. A sentence of ours, and
// Redis's own words.
absl::Status StatusOf(absl::string_view error);

// Of several reasons why nothing can be used, the one to tell: the last, or a refusal (FAILED_PRECONDITION),
// which nothing but an operator mends.
void NoteReason(absl::Status next, absl::Status& reason);

}  // namespace twofold::redis

#endif  // TWOFOLD_STORAGE_REDIS_REPLY_ERROR_H_
