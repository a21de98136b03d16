#ifndef TWOFOLD_SERVER_RULES_DELIVERY_H_
#define TWOFOLD_SERVER_RULES_DELIVERY_H_

#include "absl/status/status.h"
#include "server/rules/context.h"
#include "server/rules/fields.h"

namespace twofold {

// Who asks for a code to be sent.
struct SendContext {
  ClientAddress client_address;
  // Whether the caller may be given codes that it sends itself.
  bool may_receive_codes = false;
};

// Plans the delivery of `outgoing` in the draft, and completes what the caller is shown.
// CALLER_NOT_ALLOWED: the caller would have to send the code itself, and may not.
absl::Status PlanDelivery(const RuleContext& context, const SendContext& send, OutgoingCode outgoing,
                          v1::SentCode& shown, Draft& draft);

// Shows the code to a caller that sends it itself, for a repeated call. Nothing is sent or counted.
absl::Status ShowCodeAgain(const SendContext& send, const OutgoingCode& outgoing, v1::SentCode& shown);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RULES_DELIVERY_H_
