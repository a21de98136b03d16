#ifndef TWOFOLD_COMMON_FATAL_H_
#define TWOFOLD_COMMON_FATAL_H_

#include <string_view>

namespace twofold {

// Aborts a process that cannot go on. Writes `fatal: WHAT` to stderr if that does not block. For
// code below the operators' log.
[[noreturn]] void Fatal(std::string_view what);

}  // namespace twofold

#endif  // TWOFOLD_COMMON_FATAL_H_
