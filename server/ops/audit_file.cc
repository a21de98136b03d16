#include "server/ops/audit_file.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <deque>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace twofold {
namespace {

absl::Status CannotOpen(const std::string& path, absl::string_view reason) {
  return absl::InvalidArgumentError(absl::StrCat("cannot open the audit log ", path, ": ", reason));
}

std::string Reason(int error) { return std::string(absl::ErrnoToStatus(error, "").message().substr(2)); }

bool IsNull(const struct stat& info) { return S_ISCHR(info.st_mode) && info.st_rdev == makedev(1, 3); }

// Returns null if the file may hold a log.
const char* WhyUnfit(const struct stat& info) {
  if (S_ISDIR(info.st_mode)) return "Is a directory";
  if (S_ISREG(info.st_mode) || S_ISFIFO(info.st_mode) || IsNull(info)) return nullptr;
  return "it is a device or a socket, but must be a file, a named pipe, /dev/stdout, /dev/stderr or "
         "/dev/null";
}

// Returns whether the file is a part of the kernel, such as the memory of a process.
bool IsKernels(int fd) {
  constexpr std::array<unsigned, 14> kKernels = {
      PROC_SUPER_MAGIC, SYSFS_MAGIC,      CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, DEBUGFS_MAGIC,
      TRACEFS_MAGIC,    SECURITYFS_MAGIC, SELINUX_MAGIC,      SMACK_MAGIC,         BPF_FS_MAGIC,
      PSTOREFS_MAGIC,   EFIVARFS_MAGIC,   BINFMTFS_MAGIC,     DEVPTS_SUPER_MAGIC};
  struct statfs system = {};
  if (fstatfs(fd, &system) != 0) return true;
  return std::find(kKernels.begin(), kKernels.end(), static_cast<unsigned>(system.f_type)) != kKernels.end();
}

bool IsSame(const struct stat& one, const struct stat& other) {
  return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

// Checks the path before it is opened, because opening may make the file.
std::optional<std::string> OtherUseOf(const std::string& path, const std::vector<std::string>& used) {
  const std::string place = WithoutLinks(path);
  for (const std::string& other : used) {
    if (WithoutLinks(other) == place) return other;
  }
  return std::nullopt;
}

// Checks the file itself, because it may have another name.
std::optional<std::string> OtherUseOf(const struct stat& info, const std::vector<std::string>& used) {
  struct stat found = {};
  for (const std::string& other : used) {
    if (stat(other.c_str(), &found) == 0 && IsSame(found, info)) return other;
  }
  return std::nullopt;
}

std::string UsedAs(const std::string& other) {
  return absl::StrCat("the server itself uses this file, as ", other, "; name another one");
}

absl::Status CheckOpened(int fd, const std::string& path, const std::vector<std::string>& used,
                         struct stat& info) {
  if (fstat(fd, &info) != 0) return CannotOpen(path, Reason(errno));
  if (const char* const why = WhyUnfit(info)) return CannotOpen(path, why);
  if (S_ISREG(info.st_mode) && IsKernels(fd)) return CannotOpen(path, "the kernel keeps no log there");
  if (const auto other = OtherUseOf(info, used)) {
    return CannotOpen(path, UsedAs(*other));
  }
  if (IsNull(info)) return absl::OkStatus();
  // Two open files on one inode overwrite each other, and two on one pipe mix their lines.
  for (const int standard : {STDERR_FILENO, STDOUT_FILENO}) {
    const char* const name = standard == STDERR_FILENO ? "stderr" : "/dev/stdout";
    struct stat found = {};
    if (fstat(standard, &found) == 0 && IsSame(found, info)) {
      return CannotOpen(path, absl::StrCat("this is where ", name, " goes; use --audit_log=", name));
    }
  }
  return absl::OkStatus();
}

bool EndsInMidLine(const std::string& path, const struct stat& info) {
  if (!S_ISREG(info.st_mode) || info.st_size == 0) return false;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0) return false;
  char last = '\n';
  const bool has_end = pread(fd, &last, 1, info.st_size - 1) == 1;
  close(fd);
  return has_end && last != '\n';
}

}  // namespace

absl::StatusOr<AuditFile> OpenAuditFile(const std::string& path,
                                        const std::vector<std::string>& used_otherwise) {
  if (const auto other = OtherUseOf(path, used_otherwise)) {
    return CannotOpen(path, UsedAs(*other));
  }
  // Opening a device can have an effect by itself.
  struct stat info = {};
  if (stat(path.c_str(), &info) == 0) {
    if (const char* const why = WhyUnfit(info)) return CannotOpen(path, why);
  }
  const int fd = open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
  if (fd < 0) {
    if (errno == ENXIO) return CannotOpen(path, "nobody reads this named pipe; start its reader first");
    return CannotOpen(path, Reason(errno));
  }
  const absl::Status fit = CheckOpened(fd, path, used_otherwise, info);
  if (!fit.ok()) {
    close(fd);
    return fit;
  }
  if (!S_ISFIFO(info.st_mode)) fcntl(fd, F_SETFL, O_APPEND);
  return AuditFile{fd, info.st_dev, info.st_ino, EndsInMidLine(path, info)};
}

bool IsAt(const AuditFile& file, const std::string& path) {
  struct stat found = {};
  return stat(path.c_str(), &found) == 0 && found.st_dev == file.device && found.st_ino == file.inode;
}

bool HasName(const AuditFile& file) {
  struct stat info = {};
  return fstat(file.fd, &info) == 0 && info.st_nlink > 0;
}

std::string WithoutLinks(absl::string_view path) {
  constexpr int kMaxLinks = 40;  // The kernel's own limit.
  const auto parts_of = [](absl::string_view text) {
    return std::deque<std::string>(absl::StrSplit(text, '/', absl::SkipEmpty()));
  };
  std::deque<std::string> left = parts_of(path);
  std::vector<std::string> done;
  std::array<char, PATH_MAX> target;
  if (path.empty() || path[0] != '/') {
    if (getcwd(target.data(), target.size()) == nullptr) return std::string(path);
    done = absl::StrSplit(target.data(), '/', absl::SkipEmpty());
  }
  for (int links = 0; !left.empty();) {
    const std::string part = std::move(left.front());
    left.pop_front();
    if (part == ".") continue;
    if (part == "..") {
      if (!done.empty()) done.pop_back();
      continue;
    }
    done.push_back(part);
    const ssize_t size = links < kMaxLinks ? readlink(absl::StrCat("/", absl::StrJoin(done, "/")).c_str(),
                                                      target.data(), target.size())
                                           : -1;
    if (size < 0) continue;
    ++links;
    const absl::string_view to(target.data(), static_cast<size_t>(size));
    done.pop_back();
    if (!to.empty() && to[0] == '/') done.clear();
    const std::deque<std::string> more = parts_of(to);
    left.insert(left.begin(), more.begin(), more.end());
  }
  return absl::StrCat("/", absl::StrJoin(done, "/"));
}

}  // namespace twofold
