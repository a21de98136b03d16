#ifndef TWOFOLD_COMMON_FATAL_H_
#define TWOFOLD_COMMON_FATAL_H_

#include <string_view>

namespace twofold {

// Ends the process, where there is nothing to go on with: `fatal: WHAT` on stderr, if it takes it at once,
// and abort. For code below the operators' log.
[[noreturn]] void Fatal(std::string_view what);

}  // namespace twofold

#endif  // TWOFOLD_COMMON_FATAL_H_
