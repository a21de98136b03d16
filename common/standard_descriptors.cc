#include "common/standard_descriptors.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace twofold {

namespace {

bool Secure(int descriptor) {
  if (fcntl(descriptor, F_GETFD) >= 0) return true;
  // The lowest number that is free, which is this one.
  return errno == EBADF && open("/dev/null", O_RDONLY) == descriptor;
}

}  // namespace

bool SecureStandardDescriptors() {
  return Secure(STDIN_FILENO) && Secure(STDOUT_FILENO) && Secure(STDERR_FILENO);
}

}  // namespace twofold
