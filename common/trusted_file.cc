#include "common/trusted_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/descriptor.h"
#include "common/status_macros.h"

namespace twofold {
namespace {

absl::Status Refused(absl::string_view why) { return absl::FailedPreconditionError(why); }

absl::Status SystemError(absl::string_view what) {
  const absl::Status status = absl::ErrnoToStatus(errno, "");
  return absl::Status(status.code(), absl::StrCat(what, ": ", std::strerror(errno)));
}

// Some letters of "rw", for a message and for chmod.
std::string Letters(mode_t mode, mode_t read, mode_t write) {
  return absl::StrCat((mode & read) != 0 ? "r" : "", (mode & write) != 0 ? "w" : "");
}

absl::Status CheckOwner(const std::string& path, const struct stat& info, const FileUser& me) {
  if (info.st_uid == me.user || info.st_uid == 0) return absl::OkStatus();
  return Refused(absl::StrCat("belongs to user ", info.st_uid,
                              ", who could change it, and this process runs as user ", me.user, ": chown ",
                              me.user, " ", path, ", or run as its owner"));
}

// O_NONBLOCK, since what was there when it was looked at may be a pipe by now.
absl::StatusOr<Descriptor> OpenRegular(const std::string& path, struct stat& info) {
  if (stat(path.c_str(), &info) != 0) return SystemError("cannot be examined");
  TWOFOLD_RETURN_IF_ERROR(CheckRegular(info));
  Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file.valid()) return SystemError("cannot be opened");
  if (fstat(file.get(), &info) != 0) return SystemError("cannot be examined");
  TWOFOLD_RETURN_IF_ERROR(CheckRegular(info));
  return file;
}

absl::Status CheckFolderItself(const std::string& folder, Strangers strangers) {
  struct stat info;
  if (stat(folder.c_str(), &info) != 0)
    return SystemError(absl::StrCat("is in a folder that cannot be examined, ", folder));
  const bool sticky = (info.st_mode & S_ISVTX) != 0;
  if (sticky && strangers == Strangers::kReplaceNoFiles) info.st_mode &= ~(S_IWGRP | S_IWOTH);
  absl::Status status = CheckMode(folder, info, FileUser::Current(), Secrecy::kPublic);
  if (status.ok()) return status;
  return Refused(absl::StrCat("is in a folder that ", status.message()));
}

absl::Status CheckLink(const std::string& link, const struct stat& info) {
  absl::Status status = CheckOwner(link, info, FileUser::Current());
  if (status.ok()) status = CheckFolderItself(FolderOf(link), Strangers::kReplaceNoFiles);
  if (status.ok()) return status;
  return Refused(absl::StrCat("is reached through the symbolic link ", link, ", which ", status.message()));
}

absl::Status CheckFolders(const std::string& path) {
  TWOFOLD_RETURN_IF_ERROR(CheckLinks(path));
  TWOFOLD_RETURN_IF_ERROR(CheckFolder(FolderOf(path), Strangers::kReplaceNoFiles));
  char resolved[PATH_MAX];
  if (realpath(path.c_str(), resolved) == nullptr) return SystemError("cannot be examined");
  return CheckFolder(FolderOf(resolved), Strangers::kReplaceNoFiles);
}

absl::Status ReadWhole(int fd, std::string& text) {
  size_t size = 0;
  while (size < text.size()) {
    const ssize_t count = read(fd, text.data() + size, text.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return SystemError("cannot be read");
    if (count == 0) break;
    size += static_cast<size_t>(count);
  }
  text.resize(size);
  return absl::OkStatus();
}

}  // namespace

FileUser FileUser::Current() {
  FileUser me;
  me.user = geteuid();
  me.groups.resize(static_cast<size_t>(std::max(0, getgroups(0, nullptr))));
  const int count = getgroups(static_cast<int>(me.groups.size()), me.groups.data());
  me.groups.resize(static_cast<size_t>(std::max(0, count)));
  me.groups.push_back(getegid());
  return me;
}

absl::Status CheckMode(const std::string& path, const struct stat& info, const FileUser& me,
                       Secrecy secrecy) {
  TWOFOLD_RETURN_IF_ERROR(CheckOwner(path, info, me));
  const bool own_group = std::find(me.groups.begin(), me.groups.end(), info.st_gid) != me.groups.end();
  mode_t forbidden = S_IWOTH | (own_group ? 0 : S_IWGRP);
  if (secrecy == Secrecy::kSecret) forbidden |= S_IROTH | (own_group ? 0 : S_IRGRP);
  const mode_t excess = info.st_mode & forbidden;
  if (excess == 0) return absl::OkStatus();
  const std::string others = Letters(excess, S_IROTH, S_IWOTH);
  const std::string group = Letters(excess, S_IRGRP, S_IWGRP);
  return Refused(absl::StrCat(
      "may be ", (excess & (S_IWOTH | S_IWGRP)) != 0 ? "written to" : "read", " by ",
      others.empty() ? absl::StrCat("group ", info.st_gid, ", which is none of this process's,") : "others",
      " (mode ", absl::StrFormat("%04o", info.st_mode & 07777U), "): chmod ", group.empty() ? "" : "g-",
      group, group.empty() || others.empty() ? "" : ",", others.empty() ? "" : "o-", others, " ", path));
}

absl::Status CheckLinks(const std::string& path) {
  constexpr int kMaxLinks = 40;
  std::filesystem::path way = path;
  for (int links = 0; links < kMaxLinks; ++links) {
    std::filesystem::path seen;
    auto part = way.begin();
    struct stat info = {};
    while (part != way.end() && !S_ISLNK(info.st_mode)) {
      seen /= *part++;
      if (lstat(seen.c_str(), &info) != 0) return absl::OkStatus();
    }
    if (!S_ISLNK(info.st_mode)) return absl::OkStatus();
    TWOFOLD_RETURN_IF_ERROR(CheckLink(seen, info));
    std::error_code error;
    std::filesystem::path next = seen.parent_path() / std::filesystem::read_symlink(seen, error);
    if (error) return Refused(absl::StrCat("cannot be reached: ", error.message()));
    while (part != way.end()) next /= *part++;
    way = std::move(next);
  }
  return Refused("is reached through too many symbolic links");
}

absl::Status CheckFolder(const std::string& folder, Strangers strangers) {
  TWOFOLD_RETURN_IF_ERROR(CheckLinks(folder));
  return CheckFolderItself(folder, strangers);
}

absl::Status CheckRegular(const struct stat& info) {
  if (S_ISREG(info.st_mode)) return absl::OkStatus();
  const char* const kind = S_ISDIR(info.st_mode)                            ? "a folder"
                           : S_ISFIFO(info.st_mode)                         ? "a named pipe"
                           : S_ISLNK(info.st_mode)                          ? "a symbolic link"
                           : S_ISSOCK(info.st_mode)                         ? "a socket"
                           : S_ISCHR(info.st_mode) || S_ISBLK(info.st_mode) ? "a device"
                                                                            : "something else";
  return Refused(absl::StrCat("is ", kind, " and not a regular file"));
}

absl::Status ReadTrustedFile(const std::string& path, Secrecy secrecy, size_t max_size, std::string& text) {
  struct stat info;
  TWOFOLD_ASSIGN_OR_RETURN(const Descriptor file, OpenRegular(path, info));
  TWOFOLD_RETURN_IF_ERROR(CheckMode(path, info, FileUser::Current(), secrecy));
  TWOFOLD_RETURN_IF_ERROR(CheckFolders(path));
  // So are the files of /proc, whose content is made when they are read.
  if (info.st_size == 0) return Refused("is empty");
  if (static_cast<uint64_t>(info.st_size) > max_size) {
    return Refused(absl::StrCat("is larger than ", max_size >> 10, " KiB"));
  }
  text.resize(static_cast<size_t>(info.st_size));
  return ReadWhole(file.get(), text);
}

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace twofold
