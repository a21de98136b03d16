#ifndef TWOFOLD_SERVER_DELIVERY_FILE_CARRIER_H_
#define TWOFOLD_SERVER_DELIVERY_FILE_CARRIER_H_

#include <memory>
#include <string>

#include "common/clock.h"
#include "server/delivery/carrier.h"

namespace twofold {

// Appends each message as one line of JSON to the file at `path`, which it makes with mode 0600. The
// file must not be open to strangers. For trying, and not for real users. `clock` outlives the
// carrier.
std::unique_ptr<Carrier> NewFileCarrier(std::string path, const Clock& clock);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_DELIVERY_FILE_CARRIER_H_
