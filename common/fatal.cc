#include "common/fatal.h"

#include <poll.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace twofold {

void Fatal(std::string_view what) {
  const std::string line = "fatal: " + std::string(what) + "\n";
  // Not into a pipe that nobody empties, where the process would hang instead of ending.
  pollfd error = {STDERR_FILENO, POLLOUT, 0};
  if (poll(&error, 1, 0) == 1) (void)!write(STDERR_FILENO, line.data(), line.size());
  std::abort();
}

}  // namespace twofold
