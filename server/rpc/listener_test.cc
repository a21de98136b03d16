#include "server/rpc/listener.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/harness/await.h"
#include "tests/harness/capture_stderr.h"
#include "tests/harness/tool.h"

namespace twofold {
namespace {

constexpr absl::Duration kLimit = absl::Seconds(20);

int NewUnixSocket() { return socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0); }

bool Reach(int client, const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return connect(client, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
}

// Returns a client's socket, or -1 if no server could be reached.
int ConnectTo(const std::string& path) {
  const int client = NewUnixSocket();
  if (Reach(client, path)) return client;
  close(client);
  return -1;
}

int ConnectTo(int port) {
  const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval limit{20, 0};
  setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  if (connect(client, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) return client;
  close(client);
  return -1;
}

// Waits until the other side has closed a client's connection. Returns whether it has.
bool IsClosed(int client) {
  char byte = 0;
  const ssize_t got = recv(client, &byte, 1, 0);
  return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
}

bool IsOpen(int client) {
  char byte = 0;
  return recv(client, &byte, 1, MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

bool CanConnect(const std::string& path) {
  const int client = ConnectTo(path);
  if (client >= 0) close(client);
  return client >= 0;
}

// How many descriptors this process has of what is at `path`.
int DescriptorsOf(const std::string& path) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code error;
    if (std::filesystem::read_symlink(entry.path(), error) == path) ++count;
  }
  return count;
}

class UnixSocket : public ::testing::Test {
 protected:
  ~UnixSocket() override { umask(old_mask_); }

  absl::StatusOr<ListeningSockets> ListenThere(const SocketAccess& access = {}) const {
    return Listen("unix:" + path_, access);
  }
  std::string Refused() const {
    const absl::StatusOr<ListeningSockets> sockets = ListenThere();
    EXPECT_FALSE(sockets.ok());
    EXPECT_TRUE(
        absl::StartsWith(sockets.status().message(), absl::StrCat("cannot listen on unix:", path_, ": ")))
        << sockets.status();
    return std::string(sockets.status().message());
  }
  mode_t ModeThere() const {
    struct stat found {};
    return lstat(path_.c_str(), &found) == 0 ? found.st_mode & 07777 : 0;
  }

  const mode_t old_mask_ = umask(022);
  const TempFolder folder_;
  const std::string path_ = folder_.File("socket");
};

TEST_F(UnixSocket, T42_ALivingOneIsNotTaken) {
  absl::StatusOr<ListeningSockets> first = ListenThere();
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_TRUE(absl::StrContains(Refused(), "another process listens there"));
  EXPECT_TRUE(CanConnect(path_));
  // A server that is too busy to accept keeps its address too.
  ASSERT_EQ(listen(first->descriptors()[0], 0), 0);
  std::vector<int> waiting;
  for (int client = ConnectTo(path_); client >= 0; client = ConnectTo(path_)) waiting.push_back(client);
  EXPECT_TRUE(absl::StrContains(Refused(), "another process listens there"));
  for (const int client : waiting) close(client);
  EXPECT_TRUE(std::filesystem::exists(path_));
}

// Between bind and listen a socket looks like one that a dead server has left. The folder's lock tells the
// difference.
TEST_F(UnixSocket, T42_OneThatIsAboutToListenIsNotTaken) {
  for (int round = 0; round < 20; ++round) {
    const int lock = open(folder_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ASSERT_EQ(flock(lock, LOCK_EX), 0);
    const int other = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.data(), path_.size());
    ASSERT_EQ(bind(other, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    std::thread server([&] { EXPECT_TRUE(absl::StrContains(Refused(), "another process listens there")); });
    while (DescriptorsOf(folder_.path()) < 2) std::this_thread::yield();
    // A server that did not wait would be through by now, in some rounds at least.
    for (int i = 0; i < 100; ++i) std::this_thread::yield();
    EXPECT_EQ(listen(other, 1), 0);
    close(lock);
    server.join();
    EXPECT_TRUE(CanConnect(path_)) << "round " << round;
    close(other);
    std::filesystem::remove(path_);
  }
}

TEST_F(UnixSocket, T42_AStaleOneIsReplaced) {
  const int dead = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path_.data(), path_.size());
  ASSERT_EQ(bind(dead, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  close(dead);
  ASSERT_TRUE(std::filesystem::exists(path_));
  const absl::StatusOr<ListeningSockets> sockets = ListenThere();
  ASSERT_TRUE(sockets.ok()) << sockets.status();
  EXPECT_TRUE(CanConnect(path_));
}

TEST_F(UnixSocket, T42_WhatIsNoSocketStays) {
  std::ofstream(path_) << "precious";
  EXPECT_TRUE(absl::StrContains(Refused(), "not a socket"));
  EXPECT_EQ(std::filesystem::file_size(path_), 8U);
  std::filesystem::remove(path_);
  std::filesystem::create_directory(path_);
  EXPECT_TRUE(absl::StrContains(Refused(), "not a socket"));
  std::filesystem::remove(path_);
  std::filesystem::create_symlink(folder_.File("elsewhere"), path_);
  EXPECT_TRUE(absl::StrContains(Refused(), "not a socket"));
  EXPECT_TRUE(std::filesystem::is_symlink(path_));
}

TEST_F(UnixSocket, T42_OnlyItsOwnerRemovesIt) {
  absl::StatusOr<ListeningSockets> first = ListenThere();
  ASSERT_TRUE(first.ok()) << first.status();
  std::filesystem::remove(path_);
  absl::StatusOr<ListeningSockets> second = ListenThere();
  ASSERT_TRUE(second.ok()) << second.status();
  first->Close();
  EXPECT_TRUE(CanConnect(path_));
  second->Close();
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(UnixSocket, TheModeIsTheOneAskedForUnderEveryMask) {
  for (const mode_t mask : {mode_t{0}, mode_t{022}, mode_t{077}}) {
    umask(mask);
    for (const mode_t mode : {mode_t{0600}, mode_t{0660}, mode_t{0666}}) {
      const absl::StatusOr<ListeningSockets> sockets = ListenThere({mode, getegid()});
      ASSERT_TRUE(sockets.ok()) << sockets.status();
      EXPECT_EQ(ModeThere(), mode);
    }
  }
}

TEST_F(UnixSocket, TheModeIsNeverWider) {
  umask(0);
  std::atomic<bool> over{false};
  std::atomic<mode_t> seen{0};
  std::thread looks([&] {
    while (!over) seen |= ModeThere();
  });
  for (int i = 0; i < 500; ++i) EXPECT_TRUE(ListenThere().ok());
  over = true;
  looks.join();
  EXPECT_EQ(seen, mode_t{0600});
}

TEST_F(UnixSocket, TheReasonIsTheSystemsOwn) {
  EXPECT_EQ(Listen("unix:/nonexistent/socket", {}).status().message(),
            "cannot listen on unix:/nonexistent/socket: No such file or directory");
}

TEST(TcpSocket, T42_ALivingAddressIsNotTaken) {
  const absl::StatusOr<ListeningSockets> first = Listen("127.0.0.1:0", {});
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(Listen(first->address(), {}).status().message(),
            absl::StrCat("cannot listen on ", first->address(), ": Address already in use"));
}

TEST(TcpSocket, ANameIsAllItsAddressesAndOnePort) {
  const absl::StatusOr<ListeningSockets> sockets = Listen("localhost:0", {});
  ASSERT_TRUE(sockets.ok()) << sockets.status();
  EXPECT_TRUE(absl::StartsWith(sockets->address(), "localhost:"));
  EXPECT_FALSE(absl::EndsWith(sockets->address(), ":0"));
  EXPECT_FALSE(Listen("no-such-host.invalid:0", {}).ok());
}

class Connections : public ::testing::Test {
 protected:
  ~Connections() override {
    if (listener_ != nullptr) listener_->Stop();
    for (const int descriptor : handed_over_) close(descriptor);
  }

  void Start(ListenerSettings settings) {
    if (settings.address.empty()) settings.address = "127.0.0.1:0";
    auto listener = NewListener(settings);
    ASSERT_TRUE(listener.ok()) << listener.status();
    listener_ = *std::move(listener);
    listener_->Start([this](int descriptor) {
      const std::lock_guard<std::mutex> lock(mutex_);
      handed_over_.push_back(descriptor);
    });
  }
  int Connect() {
    int port = 0;
    const std::string& address = listener_->address();
    EXPECT_TRUE(absl::SimpleAtoi(address.substr(address.rfind(':') + 1), &port));
    return ConnectTo(port);
  }
  // Ends a connection as gRPC does.
  void End(size_t index) {
    const std::lock_guard<std::mutex> lock(mutex_);
    shutdown(handed_over_[index], SHUT_RDWR);
    close(handed_over_[index]);
    handed_over_[index] = -1;
  }
  bool Lives(int connections) {
    return Await(kLimit, [&] { return listener_->connections() == connections; });
  }
  static size_t OpenDescriptors() {
    size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
    return count;
  }

  std::unique_ptr<Listener> listener_;
  std::mutex mutex_;
  std::vector<int> handed_over_;
};

TEST_F(Connections, L5_MoreThanAllowedAreClosedWhereNoneIsIdle) {
  ListenerSettings settings;
  settings.max_connections = 2;
  settings.idle = settings.silent = absl::Hours(1);
  Start(settings);
  const int first = Connect();
  const int second = Connect();
  ASSERT_TRUE(Lives(2));
  const int third = Connect();
  EXPECT_TRUE(IsClosed(third));
  EXPECT_EQ(listener_->refused(), 1);
  EXPECT_TRUE(IsOpen(first));
  EXPECT_TRUE(IsOpen(second));
  // The end of one connection makes room for another.
  End(0);
  ASSERT_TRUE(Lives(1));
  const int fourth = Connect();
  ASSERT_TRUE(Lives(2));
  EXPECT_TRUE(IsOpen(fourth));
  for (const int client : {first, second, third, fourth}) close(client);
}

TEST_F(Connections, L5_TheLongestIdleOneMakesRoom) {
  ListenerSettings settings;
  settings.max_connections = 2;
  settings.idle = settings.silent = absl::ZeroDuration();
  Start(settings);
  const int first = Connect();
  ASSERT_TRUE(Lives(1));
  const int second = Connect();
  ASSERT_TRUE(Lives(2));
  const int third = Connect();
  EXPECT_TRUE(IsClosed(first));
  EXPECT_TRUE(IsOpen(second));
  EXPECT_TRUE(IsOpen(third));
  EXPECT_EQ(listener_->connections(), 2);
  EXPECT_EQ(listener_->refused(), 0);
  for (const int client : {first, second, third}) close(client);
}

TEST_F(Connections, L5_OneThatHasSpokenMayBeIdleForLonger) {
  ListenerSettings settings;
  settings.max_connections = 2;
  settings.idle = absl::Hours(1);
  settings.silent = absl::ZeroDuration();
  Start(settings);
  const int first = Connect();
  ASSERT_EQ(send(first, "x", 1, 0), 1);
  ASSERT_TRUE(Lives(1));
  std::vector<int> clients = {first};
  // The connection that has sent something is older than all others.
  for (int i = 0; i < 20; ++i) {
    clients.push_back(Connect());
    ASSERT_TRUE(Await(kLimit, [&] {
      const std::lock_guard<std::mutex> lock(mutex_);
      return handed_over_.size() == clients.size();
    }));
  }
  EXPECT_TRUE(IsOpen(first));
  EXPECT_TRUE(IsOpen(clients.back()));
  for (const int client : clients) close(client);
}

TEST_F(Connections, L5_OneThatFindsNoFreeDescriptorIsTakenWhenThereIsOne) {
  const TempFolder folder;
  ListenerSettings settings;
  settings.address = "unix:" + folder.File("socket");
  Start(settings);
  CaptureStderr log;
  const int client = NewUnixSocket();
  rlimit usual{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &usual), 0);
  const rlimit few{static_cast<rlim_t>(client) + 8, usual.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  std::vector<int> all;
  for (int one = dup(client); one >= 0; one = dup(client)) all.push_back(one);
  EXPECT_TRUE(Reach(client, folder.File("socket")));
  EXPECT_TRUE(Await(kLimit, [&] { return absl::StrContains(log.SoFar(), "cannot accept connections to"); }));
  EXPECT_EQ(listener_->connections(), 0);
  for (const int one : all) close(one);
  EXPECT_TRUE(Lives(1));
  EXPECT_TRUE(IsOpen(client));
  EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &usual), 0);
  EXPECT_TRUE(absl::StrContains(log.Stop(), "Too many open files"));
  close(client);
}

TEST_F(Connections, NoDescriptorIsLeftBehind) {
  Start({});
  const size_t before = OpenDescriptors();
  for (int round = 0; round < 50; ++round) {
    const int client = Connect();
    ASSERT_TRUE(Lives(1));
    End(static_cast<size_t>(round));
    ASSERT_TRUE(Lives(0));
    close(client);
  }
  EXPECT_EQ(OpenDescriptors(), before);
}

TEST_F(Connections, NobodyConnectsAfterTheStopAndThoseThatAreThereLiveOn) {
  TempFolder folder;
  ListenerSettings settings;
  settings.address = "unix:" + folder.File("socket");
  Start(settings);
  const int client = ConnectTo(folder.File("socket"));
  ASSERT_TRUE(Lives(1));
  listener_->Stop();
  EXPECT_FALSE(CanConnect(folder.File("socket")));
  EXPECT_FALSE(std::filesystem::exists(folder.File("socket")));
  EXPECT_TRUE(IsOpen(client));
  close(client);
}

}  // namespace
}  // namespace twofold
