#ifndef TWOFOLD_SERVER_DELIVERY_CARRIER_H_
#define TWOFOLD_SERVER_DELIVERY_CARRIER_H_

#include <cstddef>
#include <memory>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/delivery/message.h"
#include "storage/registry.h"

namespace twofold {

// The longest that one Deliver takes, from the first look-up of a name to the last byte of the answer.
inline constexpr absl::Duration kDeliveryTimeout = absl::Seconds(5);

// The longest answer that a carrier reads, in bytes. Beyond it the carrier gives up.
inline constexpr size_t kMaxCarrierAnswer = 4096;

// Hands messages to whoever brings them to users, such as an SMS provider or a mail server.
// Thread-safe. Deliver blocks, so it runs on a thread of a MessageQueue and never on a request loop.
class Carrier {
 public:
  virtual ~Carrier() = default;

  // Tries once, and ends within kDeliveryTimeout. The error is one line for operators. It holds
  // neither the destination nor the code, and nothing that the receiver wrote.
  //
  //   OK                the receiver took the message for delivery.
  //   UNAVAILABLE       the receiver certainly did not take it. A later try may succeed.
  //   UNKNOWN           the receiver may have taken it. See receiver_knows_ids.
  //   INVALID_ARGUMENT  the receiver or the carrier refused it, and would refuse it again.
  virtual absl::Status Deliver(const Message& message) = 0;

  // Whether the receiver recognizes a message that it already has by its id, so that a try that
  // ended with UNKNOWN may be repeated.
  virtual bool receiver_knows_ids() const = 0;

  // Ends the calls of Deliver that are under way within a second, and all later ones at once. Does
  // not wait for them. May be called on any thread, more than once.
  virtual void Stop() = 0;
};

// What a program must know of a carrier before it opens one.
struct CarrierTraits {
  // There is no carrier. The answer to the caller carries the code, and nothing is sent.
  bool returns_to_caller = false;
  // Codes stay on this machine, where others can read them. It is not for real users.
  bool for_trying = false;
  // It takes messages of the type e-mail alone.
  bool mail_only = false;
};

// Opening a carrier reaches no other machine. The carrier is null if the trait is returns_to_caller.
using CarrierRegistry = BackendRegistry<std::unique_ptr<Carrier>, CarrierTraits>;

}  // namespace twofold

#endif  // TWOFOLD_SERVER_DELIVERY_CARRIER_H_
