#ifndef TWOFOLD_SERVER_DELIVERY_MESSAGE_SENDER_H_
#define TWOFOLD_SERVER_DELIVERY_MESSAGE_SENDER_H_

#include "absl/status/status.h"
#include "common/task.h"
#include "server/delivery/message.h"

namespace twofold {

// Sends messages by the carrier of their type. Thread-safe. Send resumes on the flow's executor, and
// it blocks no thread. The sender outlives the flows that are started on it.
class MessageSender {
 public:
  virtual ~MessageSender() = default;

  // Returns OK when the carrier took the message. That does not mean that the message arrived.
  // UNAVAILABLE: the carrier did not take it, after every try. RESOURCE_EXHAUSTED: too many messages
  // wait, and nothing was sent. The error is for operators, and names neither destination nor code.
  virtual Task<absl::Status> Send(Message message) = 0;
};

}  // namespace twofold

#endif  // TWOFOLD_SERVER_DELIVERY_MESSAGE_SENDER_H_
