#include "server/ops/write_all.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace twofold {
namespace {

bool WaitUntilWritable(int fd) {
  pollfd waiting = {fd, POLLOUT, 0};
  return poll(&waiting, 1, -1) == 1 || errno == EINTR;
}

}  // namespace

absl::Status WriteAll(int fd, absl::string_view& rest) {
  while (!rest.empty()) {
    const ssize_t written = write(fd, rest.data(), rest.size());
    if (written >= 0) {
      rest.remove_prefix(static_cast<size_t>(written));
    } else if (errno == EAGAIN ? !WaitUntilWritable(fd) : errno != EINTR) {
      return absl::ErrnoToStatus(errno, "write");
    }
  }
  return absl::OkStatus();
}

}  // namespace twofold
