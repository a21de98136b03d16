#ifndef TWOFOLD_CLIENTS_PROMPT_DEVICE_NAME_H_
#define TWOFOLD_CLIENTS_PROMPT_DEVICE_NAME_H_

#include <string>

#include "absl/strings/string_view.h"

namespace twofold {

// Says which browser on which system sent this User-Agent header, such as "Firefox, Linux", as far as it is a
// well-known one. Nothing of the header itself is in the result. Empty if nothing is known.
std::string DeviceName(absl::string_view user_agent);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_PROMPT_DEVICE_NAME_H_
