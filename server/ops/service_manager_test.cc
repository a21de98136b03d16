#include "server/ops/service_manager.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"

namespace twofold {
namespace {

class ServiceManagerTest : public ::testing::Test {
 protected:
  ~ServiceManagerTest() override {
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) unsetenv(name);
  }
};

TEST_F(ServiceManagerTest, IsReachedAtAPath) {
  // A test's own folder has too long a path for a socket.
  std::string path = std::filesystem::temp_directory_path() / "twofold-XXXXXX";
  ASSERT_NE(mkdtemp(path.data()), nullptr);
  const std::string folder = path;
  path += "/notify";
  const int manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  ASSERT_EQ(bind(manager, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  setenv("NOTIFY_SOCKET", path.c_str(), 1);
  NotifyReady();
  char text[32];
  const ssize_t size = recv(manager, text, sizeof text, MSG_DONTWAIT);
  EXPECT_EQ(std::string(text, size < 0 ? 0 : static_cast<size_t>(size)), "READY=1");
  close(manager);
  std::filesystem::remove_all(folder);
}

TEST_F(ServiceManagerTest, MayBeAbsentOrHaveAnOddName) {
  NotifyReady();
  for (const std::string& name : {std::string(), std::string("@"), std::string("relative"),
                                  std::string("/nobody/listens"), std::string(300, '/')}) {
    setenv("NOTIFY_SOCKET", name.c_str(), 1);
    NotifyReady();
  }
}

TEST_F(ServiceManagerTest, TheWatchdogIsForTheProcessThatItNames) {
  EXPECT_EQ(AlivePeriod(), absl::InfiniteDuration());
  setenv("WATCHDOG_USEC", "30000000", 1);
  EXPECT_EQ(AlivePeriod(), absl::Seconds(15));
  setenv("WATCHDOG_PID", absl::StrCat(getpid()).c_str(), 1);
  EXPECT_EQ(AlivePeriod(), absl::Seconds(15));
  setenv("WATCHDOG_PID", absl::StrCat(getpid() + 1).c_str(), 1);
  EXPECT_EQ(AlivePeriod(), absl::InfiniteDuration());
  unsetenv("WATCHDOG_PID");
  for (const char* odd : {"", "0", "-1", "soon"}) {
    setenv("WATCHDOG_USEC", odd, 1);
    EXPECT_EQ(AlivePeriod(), absl::InfiniteDuration()) << odd;
  }
}

}  // namespace
}  // namespace twofold
