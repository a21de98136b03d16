// What systemd hears of the real programs (sd_notify(3)).

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/steady.h"
#include "tests/harness/server_process.h"

namespace twofold {
namespace {

// A socket in the place of systemd's, which the programs that start meanwhile get.
class ServiceManager {
 public:
  explicit ServiceManager(absl::Duration watchdog) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    // systemd's is abstract in containers. A free name comes from the system (unix(7), autobind).
    EXPECT_EQ(bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(sa_family_t)), 0);
    socklen_t size = sizeof address;
    EXPECT_EQ(getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    const std::string name(address.sun_path + 1, size - sizeof(sa_family_t) - 1);
    setenv("NOTIFY_SOCKET", absl::StrCat("@", name).c_str(), 1);
    setenv("WATCHDOG_USEC", absl::StrCat(absl::ToInt64Microseconds(watchdog)).c_str(), 1);
  }
  ~ServiceManager() {
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    close(socket_);
  }
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;

  // Returns the next datagram, or nothing if none comes within `limit`.
  std::string Hear(absl::Duration limit = absl::Seconds(20)) const {
    const timeval wait = absl::ToTimeval(limit);
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    char text[256];
    const ssize_t size = recv(socket_, text, sizeof text, 0);
    return size < 0 ? "" : std::string(text, static_cast<size_t>(size));
  }

 private:
  const int socket_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
};

TEST(ServiceManagerTest, HearsWhenTheServerIsReadyAliveAndStopping) {
  const ServiceManager manager(absl::Seconds(1));
  ServerProcess server(absl::StrCat(testing::TempDir(), "/managed"));
  EXPECT_EQ(manager.Hear(), "READY=1");
  const SteadyTime ready = SteadyNow();
  EXPECT_EQ(manager.Hear(), "WATCHDOG=1");
  EXPECT_EQ(manager.Hear(), "WATCHDOG=1");
  // Twice in each watchdog's time. A busy machine gets more.
  EXPECT_LT(TimeSince(ready), absl::Seconds(3));
  EXPECT_EQ(server.Terminate(), 0);
  std::string last = manager.Hear();
  while (last == "WATCHDOG=1") last = manager.Hear();
  EXPECT_EQ(last, "STOPPING=1");
}

TEST(ServiceManagerTest, DoesNotHearThatAServerIsReadyWhichCannotStart) {
  const ServiceManager manager(absl::Seconds(1));
  ServerProcess server(absl::StrCat(testing::TempDir(), "/unready"),
                       {"--storage=redis://127.0.0.1:1", "--rate_limiter=local:", "--start_timeout=1s"},
                       ServerProcess::Until::kLaunched);
  EXPECT_EQ(server.AwaitExit(), 1);
  EXPECT_NE(manager.Hear(absl::Milliseconds(1)), "READY=1");
}

}  // namespace
}  // namespace twofold
