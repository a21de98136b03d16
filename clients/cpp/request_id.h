#ifndef TWOFOLD_CLIENTS_CPP_REQUEST_ID_H_
#define TWOFOLD_CLIENTS_CPP_REQUEST_ID_H_

#include <string>

namespace twofold {

// Returns a random UUID, version 4 (RFC 4122 §4.4), in lower case, from the kernel's generator.
// Thread-safe. Ends the process if the kernel has no random bytes, because two attempts must never
// share an id.
std::string NewRequestId();

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_CPP_REQUEST_ID_H_
