#include "server/rpc/listening_socket.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/address.h"
#include "common/status_macros.h"
#include "common/steady.h"

namespace twofold {
namespace {

// How long to wait for the folder's lock. The end of a server must not wait long.
constexpr absl::Duration kLockAtStart = absl::Seconds(5);
constexpr absl::Duration kLockAtEnd = absl::Milliseconds(200);
constexpr absl::Duration kLockPause = absl::Milliseconds(5);
// The limit for answers that a client's machine no longer acknowledges.
constexpr int kUnacknowledgedMs = 20 * 1000;
constexpr mode_t kOwnerOnly = 0600;

// A descriptor that is closed at the end of its scope.
class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (value_ >= 0) close(value_);
  }
  bool is_open() const { return value_ >= 0; }
  int get() const { return value_; }
  int Release() { return std::exchange(value_, -1); }

 private:
  int value_;
};

absl::Status Failed(absl::string_view why) { return absl::UnavailableError(why); }
absl::Status FailedBySystem(int error) { return Failed(std::strerror(error)); }

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

// The lock is held until the descriptor is closed.
absl::StatusOr<Descriptor> LockFolder(const std::string& folder, absl::Duration limit) {
  Descriptor descriptor(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!descriptor.is_open()) return FailedBySystem(errno);
  const SteadyTime deadline = SteadyAfter(limit);
  while (flock(descriptor.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return FailedBySystem(errno);
    if (SteadyNow() > deadline) return Failed(absl::StrCat("another process keeps a lock on ", folder));
    SteadySleep(kLockPause);
  }
  return descriptor;
}

sockaddr_un UnixAddress(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

// Returns 0 if a process listens, else the reason why none could be reached.
int ErrorOfConnect(const std::string& path) {
  const Descriptor client(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!client.is_open()) return errno;
  const sockaddr_un address = UnixAddress(path);
  if (connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) return 0;
  // EAGAIN means that more connections wait than the listener has room for.
  return errno == EAGAIN ? 0 : errno;
}

// Call it under the folder's lock. Nothing is at `path` afterwards.
absl::Status RemoveStaleSocket(const std::string& path) {
  struct stat found {};
  if (lstat(path.c_str(), &found) != 0) return errno == ENOENT ? absl::OkStatus() : FailedBySystem(errno);
  if (!S_ISSOCK(found.st_mode))
    return Failed("the file there is not a socket; remove it or choose another path");
  const int error = ErrorOfConnect(path);
  if (error == 0) return Failed("another process listens there");
  if (error != ECONNREFUSED) return FailedBySystem(error);
  return unlink(path.c_str()) == 0 ? absl::OkStatus() : FailedBySystem(errno);
}

absl::StatusOr<Descriptor> ListenOnUnix(const std::string& path, const SocketAccess& access,
                                        struct stat& made) {
  TWOFOLD_ASSIGN_OR_RETURN(const Descriptor lock, LockFolder(FolderOf(path), kLockAtStart));
  TWOFOLD_RETURN_IF_ERROR(RemoveStaleSocket(path));
  Descriptor listener(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const sockaddr_un address = UnixAddress(path);
  // On Linux the file gets the mode of the socket. bind replaces nothing.
  if (!listener.is_open() || fchmod(listener.get(), kOwnerOnly) != 0 ||
      bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return FailedBySystem(errno);
  }
  // No process can connect before listen, which comes last.
  const bool listens =
      (!access.group.has_value() || lchown(path.c_str(), static_cast<uid_t>(-1), *access.group) == 0) &&
      fchmodat(AT_FDCWD, path.c_str(), access.mode, AT_SYMLINK_NOFOLLOW) == 0 &&
      lstat(path.c_str(), &made) == 0 && listen(listener.get(), SOMAXCONN) == 0;
  if (listens) return listener;
  const int error = errno;
  unlink(path.c_str());
  return FailedBySystem(error);
}

struct AddressesFree {
  void operator()(addrinfo* addresses) const { freeaddrinfo(addresses); }
};
using Addresses = std::unique_ptr<addrinfo, AddressesFree>;

absl::StatusOr<Addresses> Resolve(const Address& address) {
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(address.host.c_str(), absl::StrCat(address.port).c_str(), &hints, &found);
  if (error != 0) return Failed(error == EAI_SYSTEM ? std::strerror(errno) : gai_strerror(error));
  return Addresses(found);
}

void SetPort(int port, sockaddr* address) {
  const in_port_t value = htons(static_cast<uint16_t>(port));
  if (address->sa_family == AF_INET6) {
    reinterpret_cast<sockaddr_in6*>(address)->sin6_port = value;
  } else {
    reinterpret_cast<sockaddr_in*>(address)->sin_port = value;
  }
}

int PortOf(int descriptor) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(&address)->sin6_port
                                             : reinterpret_cast<sockaddr_in*>(&address)->sin_port);
}

absl::StatusOr<Descriptor> ListenOnTcp(const addrinfo& info) {
  Descriptor listener(socket(info.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!listener.is_open()) return FailedBySystem(errno);
  constexpr int kOn = 1;
  // This allows a port to be taken again while old connections linger, but not while a process
  // listens. Accepted connections inherit the other options.
  setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &kOn, sizeof(kOn));
  setsockopt(listener.get(), IPPROTO_TCP, TCP_NODELAY, &kOn, sizeof(kOn));
  setsockopt(listener.get(), IPPROTO_TCP, TCP_USER_TIMEOUT, &kUnacknowledgedMs, sizeof(kUnacknowledgedMs));
  if (bind(listener.get(), info.ai_addr, info.ai_addrlen) != 0 || listen(listener.get(), SOMAXCONN) != 0) {
    return FailedBySystem(errno);
  }
  return listener;
}

bool IsSame(const addrinfo& a, const addrinfo& b) {
  return a.ai_addrlen == b.ai_addrlen && std::memcmp(a.ai_addr, b.ai_addr, a.ai_addrlen) == 0;
}

bool StandsBefore(const addrinfo* first, const addrinfo* info) {
  for (; first != info; first = first->ai_next) {
    if (IsSame(*first, *info)) return true;
  }
  return false;
}

// Listens on all addresses of the name, or returns an error. A machine without IPv6 may lack one of
// two.
absl::StatusOr<std::vector<Descriptor>> ListenOnAll(const Address& address) {
  TWOFOLD_ASSIGN_OR_RETURN(const Addresses addresses, Resolve(address));
  std::vector<Descriptor> listeners;
  absl::Status failed = Failed("no such address");
  for (addrinfo* info = addresses.get(); info != nullptr; info = info->ai_next) {
    if (StandsBefore(addresses.get(), info)) continue;
    absl::StatusOr<Descriptor> listener = ListenOnTcp(*info);
    if (!listener.ok()) {
      failed = listener.status();
      const bool was_chosen = address.port != 0;
      if (was_chosen && failed.message() == std::strerror(EADDRINUSE)) return failed;
      continue;
    }
    listeners.push_back(*std::move(listener));
    // The port that the system picked for the first address serves all of them.
    for (addrinfo* each = addresses.get(); each != nullptr; each = each->ai_next) {
      SetPort(PortOf(listeners.front().get()), each->ai_addr);
    }
  }
  if (listeners.empty()) return failed;
  return listeners;
}

}  // namespace

ListeningSockets::ListeningSockets(ListeningSockets&& other) noexcept { *this = std::move(other); }

ListeningSockets& ListeningSockets::operator=(ListeningSockets&& other) noexcept {
  if (this == &other) return *this;
  Close();
  descriptors_ = std::exchange(other.descriptors_, {});
  address_ = other.address_;
  path_ = std::exchange(other.path_, {});
  device_ = other.device_;
  inode_ = other.inode_;
  return *this;
}

void ListeningSockets::Close() {
  if (!path_.empty()) {
    // The kernel does not use an inode's number again while a socket is bound to it. A file that
    // cannot be locked stays, and the next server replaces it.
    const absl::StatusOr<Descriptor> lock = LockFolder(FolderOf(path_), kLockAtEnd);
    struct stat found {};
    const bool is_own =
        lstat(path_.c_str(), &found) == 0 && found.st_dev == device_ && found.st_ino == inode_;
    if (lock.ok() && is_own) unlink(path_.c_str());
    path_.clear();
  }
  for (const int descriptor : descriptors_) close(descriptor);
  descriptors_.clear();
}

absl::StatusOr<ListeningSockets> Listen(const std::string& address, const SocketAccess& access) {
  TWOFOLD_ASSIGN_OR_RETURN(const Address parsed, ParseAddress(address));
  const auto failed = [&address](const absl::Status& why) {
    return absl::UnavailableError(absl::StrCat("cannot listen on ", address, ": ", why.message()));
  };
  ListeningSockets sockets;
  if (parsed.is_unix()) {
    struct stat made {};
    absl::StatusOr<Descriptor> listener = ListenOnUnix(parsed.unix_path, access, made);
    if (!listener.ok()) return failed(listener.status());
    sockets.descriptors_.push_back(listener->Release());
    sockets.address_ = address;
    sockets.path_ = parsed.unix_path;
    sockets.device_ = made.st_dev;
    sockets.inode_ = made.st_ino;
    return sockets;
  }
  absl::StatusOr<std::vector<Descriptor>> listeners = ListenOnAll(parsed);
  if (!listeners.ok()) return failed(listeners.status());
  for (Descriptor& listener : *listeners) sockets.descriptors_.push_back(listener.Release());
  const std::string port = absl::StrCat(PortOf(sockets.descriptors_.front()));
  sockets.address_ = absl::StrCat(address.substr(0, address.rfind(':') + 1), port);
  return sockets;
}

}  // namespace twofold
