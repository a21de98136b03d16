#ifndef TWOFOLD_SERVER_DELIVERY_WEBHOOK_CARRIER_H_
#define TWOFOLD_SERVER_DELIVERY_WEBHOOK_CARRIER_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock.h"
#include "server/delivery/carrier.h"
#include "storage/backend_uri.h"

// Posts each message as JSON to a URL of the operator, signed as Standard Webhooks says
// (docs/carriers.md). The receiver recognizes repeated messages by their id.

namespace twofold {

// Parses https://HOST/PATH?secret_file=PATH[&ca_file=PATH]. INVALID_ARGUMENT, in one line for
// operators, if it is malformed, or if the scheme is http and the host is not this machine.
absl::Status CheckWebhookUri(const BackendUri& uri);

// Reads the file with the secrets once, so that a wrong one is an error now. It is read again for
// each message, because it may change. `clock` outlives the carrier.
absl::StatusOr<std::unique_ptr<Carrier>> OpenWebhookCarrier(const BackendUri& uri, const Clock& clock);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_DELIVERY_WEBHOOK_CARRIER_H_
