#ifndef TWOFOLD_SERVER_DELIVERY_SMTP_CARRIER_H_
#define TWOFOLD_SERVER_DELIVERY_SMTP_CARRIER_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock.h"
#include "server/delivery/carrier.h"
#include "storage/backend_uri.h"

// Hands each message of the type e-mail to a mail server, by SMTP inside TLS (smtps) or with
// STARTTLS (smtp), and never in clear. It repeats nothing that the server may have taken.

namespace twofold {

// Parses smtps://[USER@]HOST[:PORT]?from=ADDRESS[&password_file=PATH][&ca_file=PATH].
// INVALID_ARGUMENT, in one line for operators, if it is malformed.
absl::Status CheckSmtpUri(const BackendUri& uri);

// Reads the file with the password once, so that a wrong one is an error now. It is read again for
// each message, because it may change. `clock` outlives the carrier.
absl::StatusOr<std::unique_ptr<Carrier>> OpenSmtpCarrier(const BackendUri& uri, const Clock& clock);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_DELIVERY_SMTP_CARRIER_H_
