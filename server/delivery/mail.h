#ifndef TWOFOLD_SERVER_DELIVERY_MAIL_H_
#define TWOFOLD_SERVER_DELIVERY_MAIL_H_

#include <string>

#include "absl/strings/string_view.h"
#include "common/clock.h"
#include "server/delivery/message.h"

namespace twofold {

// Returns a mail of RFC 5322 with the code as short plain text, with CR LF at the end of each line.
// CheckMessage must accept `message`, and CheckEmailAddress must accept `from`. The same message has
// the same Message-ID at each try. The result holds the code, and the caller wipes it. Pure.
std::string MailOf(const Message& message, absl::string_view from, UnixMillis now);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_DELIVERY_MAIL_H_
