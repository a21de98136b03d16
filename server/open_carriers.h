#ifndef TWOFOLD_SERVER_OPEN_CARRIERS_H_
#define TWOFOLD_SERVER_OPEN_CARRIERS_H_

#include <memory>

#include "absl/status/statusor.h"
#include "server/delivery/message_queue.h"
#include "server/options.h"

namespace twofold {

// Opens the carriers of the options, and says in the log which of them are not for real users. Reaches
// no other machine. The result is null if no codes are sent. The error is one line that names the flag.
absl::StatusOr<std::unique_ptr<MessageQueue>> OpenCarriers(const Options& options);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_OPEN_CARRIERS_H_
