#include "server/ops/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"

namespace twofold {
namespace {

absl::string_view Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

void Notify(absl::string_view state) {
  const absl::string_view name = Variable("NOTIFY_SOCKET");
  sockaddr_un address = {};
  // The leading @ of an abstract socket stands for a zero byte.
  const bool abstract = !name.empty() && name[0] == '@';
  if (name.size() < 2 || name.size() >= sizeof address.sun_path || (!abstract && name[0] != '/')) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, name.data(), name.size());
  if (abstract) address.sun_path[0] = '\0';
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return;
  // A manager that does not listen is no reason to fail.
  sendto(socket, state.data(), state.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
         reinterpret_cast<const sockaddr*>(&address),
         static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size()));
  close(socket);
}

}  // namespace

void NotifyReady() { Notify("READY=1"); }
void NotifyStopping() { Notify("STOPPING=1"); }
void NotifyAlive() { Notify("WATCHDOG=1"); }

absl::Duration AlivePeriod() {
  int64_t microseconds = 0;
  int64_t process = 0;
  if (!absl::SimpleAtoi(Variable("WATCHDOG_USEC"), &microseconds) || microseconds <= 0) {
    return absl::InfiniteDuration();
  }
  const absl::string_view meant = Variable("WATCHDOG_PID");
  if (!meant.empty() && (!absl::SimpleAtoi(meant, &process) || process != getpid())) {
    return absl::InfiniteDuration();
  }
  return absl::Microseconds(microseconds) / 2;
}

}  // namespace twofold
