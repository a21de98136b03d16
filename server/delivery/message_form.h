#ifndef TWOFOLD_SERVER_DELIVERY_MESSAGE_FORM_H_
#define TWOFOLD_SERVER_DELIVERY_MESSAGE_FORM_H_

#include <string>

#include "absl/status/status.h"
#include "common/clock.h"
#include "server/delivery/message.h"

// What carriers share. All functions are pure and thread-safe.

namespace twofold {

// OK if every field of `message` has its narrow form, so that none of them can add a header, a
// recipient or a line. The rules have checked them before. INVALID_ARGUMENT quotes nothing.
absl::Status CheckMessage(const Message& message);

// `time` as RFC 3339 in UTC with full seconds.
std::string Rfc3339(UnixMillis time);

// One line of JSON with the event that docs/carriers.md describes. CheckMessage must accept
// `message`. The result holds the code, and the caller wipes it.
std::string MessageJson(const Message& message, UnixMillis now);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_DELIVERY_MESSAGE_FORM_H_
