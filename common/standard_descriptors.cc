#include "common/standard_descriptors.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>

namespace twofold {

bool SecureStandardDescriptors() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(descriptor, F_GETFD) >= 0) continue;
    // The lowest number that is free, which is this one.
    if (errno != EBADF || open("/dev/null", O_RDONLY) != descriptor) return false;
  }
  return true;
}

}  // namespace twofold
