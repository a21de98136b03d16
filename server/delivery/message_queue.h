#ifndef TWOFOLD_SERVER_DELIVERY_MESSAGE_QUEUE_H_
#define TWOFOLD_SERVER_DELIVERY_MESSAGE_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/time/time.h"
#include "server/delivery/carrier.h"
#include "server/delivery/message_sender.h"

namespace twofold {

// Numbers of one type of messages since the start.
struct DeliveryCounters {
  // Calls of Send. Each ends as one of taken, failed, given_up and refused.
  int64_t handed_over = 0;
  // The carrier took the message.
  int64_t taken = 0;
  // The carrier did not take it, or nobody knows.
  int64_t failed = 0;
  // It was not tried to the end, because the caller had gone or the sender was stopped.
  int64_t given_up = 0;
  // The queue was full.
  int64_t refused = 0;
  // Calls of Carrier::Deliver.
  int64_t tries = 0;
  // Messages that wait for a thread or are being tried.
  int64_t waiting = 0;
};

// Bounds of the messages of one type.
struct DeliveryLimits {
  // Messages that wait for a thread.
  size_t max_waiting = 256;
  // Messages that are tried at the same time, each on a thread of its own.
  size_t threads = 4;
  int max_tries = 3;
  // The pause after the first try. Each further pause is three times as long.
  absl::Duration first_pause = absl::Milliseconds(300);
  // No try begins later than this after Send. With kDeliveryTimeout it bounds every Send.
  absl::Duration patience = absl::Seconds(10);
};

// A MessageSender with a bounded queue and threads of its own for each carrier, so that SMS and e-mail
// do not wait for each other.
class MessageQueue : public MessageSender {
 public:
  // Ends every Send within a second, with UNAVAILABLE, or with UNKNOWN where the carrier may have
  // taken the message. Later ones end at once. Does not wait for that. Thread-safe.
  virtual void Stop() = 0;

  // All zero for a type without a carrier. Thread-safe.
  virtual DeliveryCounters counters(v1::MethodType type) const = 0;
};

// A null carrier means that messages of that type are not sent: Send returns UNAVAILABLE. The
// destructor calls Stop and waits for its threads.
//
// Send has further results. UNKNOWN: the carrier may have taken the message, but did not say so.
// INVALID_ARGUMENT: the carrier refused the message, and would refuse it again. A message whose
// caller has gone (CancellationToken) is not tried again.
std::unique_ptr<MessageQueue> NewMessageQueue(std::unique_ptr<Carrier> sms, std::unique_ptr<Carrier> email,
                                              const DeliveryLimits& limits = DeliveryLimits());

}  // namespace twofold

#endif  // TWOFOLD_SERVER_DELIVERY_MESSAGE_QUEUE_H_
