#include "server/ops/write_all.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace twofold {
namespace {

absl::Status AwaitWritable(int fd, absl::Duration patience) {
  pollfd waiting = {fd, POLLOUT, 0};
  const int timeout =
      patience == absl::InfiniteDuration()
          ? -1
          : static_cast<int>(std::clamp<int64_t>(absl::ToInt64Milliseconds(patience), 0, 1'000'000'000));
  const int ready = poll(&waiting, 1, timeout);
  if (ready == 0) return absl::UnavailableError("nobody reads it");
  if (ready < 0 && errno != EINTR) return absl::ErrnoToStatus(errno, "poll");
  return absl::OkStatus();
}

}  // namespace

absl::Status WriteAll(int fd, absl::string_view& rest, absl::Duration patience) {
  while (!rest.empty()) {
    const ssize_t written = write(fd, rest.data(), rest.size());
    if (written >= 0) {
      rest.remove_prefix(static_cast<size_t>(written));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return absl::ErrnoToStatus(errno, "write");
    absl::Status writable = AwaitWritable(fd, patience);
    if (!writable.ok()) return writable;
  }
  return absl::OkStatus();
}

}  // namespace twofold
