#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "common/descriptor.h"
#include "common/status_macros.h"
#include "common/trusted_file.h"
#include "crypto/base32.h"
#include "crypto/bytes.h"
#include "crypto/key_ring_file.h"
#include "crypto/key_ring_message.h"
#include "crypto/secret_bytes.h"
#include "crypto/system_random.h"

// The part of key_ring_file.h that writes.

namespace twofold {
namespace {

using FileMessage = internal::v1::KeyRingFile;

constexpr mode_t kOwnerOnly = 0600;

absl::Status WriteAll(int fd, absl::string_view text) {
  while (!text.empty()) {
    const ssize_t count = write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return absl::ErrnoToStatus(errno, "write");
    text.remove_prefix(static_cast<size_t>(count));
  }
  return absl::OkStatus();
}

// Writes a file that is not there yet. It gets the mode and the owner of `like`, or is the owner's
// alone if that is null.
absl::Status WriteNewFile(const std::string& path, absl::string_view text, const struct stat* like) {
  const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
  const Descriptor file(open(path.c_str(), flags, kOwnerOnly));
  if (!file.valid()) return absl::ErrnoToStatus(errno, "open");
  if (like != nullptr && fchown(file.get(), like->st_uid, like->st_gid) != 0) {
    return absl::ErrnoToStatus(errno, "chown");
  }
  // The umask may have removed some of these permissions.
  const mode_t mode = like == nullptr ? kOwnerOnly : like->st_mode & 07777U;
  if (fchmod(file.get(), mode) != 0) return absl::ErrnoToStatus(errno, "chmod");
  TWOFOLD_RETURN_IF_ERROR(WriteAll(file.get(), text));
  if (fsync(file.get()) != 0) return absl::ErrnoToStatus(errno, "fsync");
  return absl::OkStatus();
}

absl::Status FlushDirectory(const std::string& directory) {
  const Descriptor opened(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.valid()) return absl::ErrnoToStatus(errno, "open of the directory");
  if (fsync(opened.get()) != 0) return absl::ErrnoToStatus(errno, "fsync of the directory");
  return absl::OkStatus();
}

std::string TemporaryName(const std::string& path) {
  return absl::StrCat(path, ".", Base32EncodeLower(AsBytes(RandomBytes(SystemRandom(), 10))), ".new");
}

// link() never replaces a file, as rename() would.
absl::Status Publish(const std::string& path, absl::string_view text) {
  const std::string temporary = TemporaryName(path);
  const absl::Cleanup remove = [&temporary] { unlink(temporary.c_str()); };
  TWOFOLD_RETURN_IF_ERROR(WriteNewFile(temporary, text, nullptr));
  if (link(temporary.c_str(), path.c_str()) != 0) return absl::ErrnoToStatus(errno, "link");
  return FlushDirectory(FolderOf(path));
}

absl::Status Replace(const std::string& path, absl::string_view text, const struct stat& old) {
  const std::string temporary = TemporaryName(path);
  absl::Cleanup remove = [&temporary] { unlink(temporary.c_str()); };
  TWOFOLD_RETURN_IF_ERROR(WriteNewFile(temporary, text, &old));
  if (rename(temporary.c_str(), path.c_str()) != 0) return absl::ErrnoToStatus(errno, "rename");
  std::move(remove).Cancel();
  return FlushDirectory(FolderOf(path));
}

absl::Status Refused(absl::string_view path, absl::string_view why) {
  return absl::FailedPreconditionError(absl::StrCat("the key ring ", path, " cannot be changed: it ", why));
}

absl::Status CannotWrite(absl::string_view path, const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat("the key ring ", path, " cannot be written: ", status.message()));
}

// The file at `path` with a lock on it. The lock belongs to the file and not to its name, so a file
// that another process replaced meanwhile is opened again.
absl::StatusOr<Descriptor> Lock(const std::string& path, struct stat& info) {
  constexpr int kMaxTries = 1000;
  for (int tries = 0; tries < kMaxTries; ++tries) {
    if (lstat(path.c_str(), &info) != 0) {
      if (errno == ENOENT) return absl::NotFoundError(absl::StrCat("there is no key ring at ", path));
      return CannotWrite(path, absl::ErrnoToStatus(errno, "stat"));
    }
    if (S_ISLNK(info.st_mode)) {
      return Refused(path, "is a symbolic link. Name the file that the link leads to");
    }
    if (const absl::Status regular = CheckRegular(info); !regular.ok()) {
      return Refused(path, regular.message());
    }
    Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
    if (!file.valid() && errno == ENOENT) continue;
    if (!file.valid()) return CannotWrite(path, absl::ErrnoToStatus(errno, "open"));
    while (flock(file.get(), LOCK_EX) != 0) {
      if (errno != EINTR) return CannotWrite(path, absl::ErrnoToStatus(errno, "flock"));
    }
    struct stat locked {};
    struct stat named {};
    if (fstat(file.get(), &locked) == 0 && lstat(path.c_str(), &named) == 0 &&
        locked.st_ino == named.st_ino && locked.st_dev == named.st_dev) {
      info = locked;
      return file;
    }
  }
  return CannotWrite(path, absl::AbortedError("others replace it all the time"));
}

absl::Status Edit(const std::string& path, const std::function<absl::Status(FileMessage&)>& change) {
  struct stat info {};
  TWOFOLD_ASSIGN_OR_RETURN(const Descriptor locked, Lock(path, info));
  TWOFOLD_ASSIGN_OR_RETURN(KeyRingMessage message, ReadKeyRingMessage(path));
  TWOFOLD_RETURN_IF_ERROR(change(message.file));
  std::string text = PrintKeyRingMessage(message.file);
  const absl::Cleanup wipe = [&text] { WipeString(text); };
  absl::Status written = text.empty() ? absl::InternalError("JSON") : Replace(path, text, info);
  return written.ok() ? written : CannotWrite(path, written);
}

const FileMessage::Key* FindKey(const FileMessage& file, uint32_t key_id) {
  const auto found = std::find_if(file.keys().begin(), file.keys().end(),
                                  [key_id](const FileMessage::Key& key) { return key.id() == key_id; });
  return found == file.keys().end() ? nullptr : &*found;
}

absl::Status Lacks(absl::string_view path, uint32_t key_id) {
  return absl::NotFoundError(absl::StrCat("the key ring ", path, " has no key ", key_id));
}

bool HasWrappedKeys(const FileMessage& file) {
  return std::any_of(file.keys().begin(), file.keys().end(),
                     [](const FileMessage::Key& key) { return !key.wrapped_key().empty(); });
}

}  // namespace

absl::Status CreateKeyRingFile(const std::string& path, Random& random, const Clock& clock,
                               KeyWrapper* wrapper) {
  // Otherwise no server would accept the file.
  if (const absl::Status folder = CheckFolder(FolderOf(path), Strangers::kReplaceNoFiles); !folder.ok()) {
    return absl::Status(folder.code(),
                        absl::StrCat("the key ring ", path, " cannot be used: it ", folder.message()));
  }
  KeyRingMessage message;
  const absl::StatusOr<uint32_t> key_id = AddNewKey(message.file, wrapper, random, clock);
  if (!key_id.ok()) return key_id.status();
  message.file.set_primary_key_id(*key_id);
  std::string text = PrintKeyRingMessage(message.file);
  const absl::Cleanup wipe = [&text] { WipeString(text); };
  const absl::Status status = text.empty() ? absl::InternalError("JSON") : Publish(path, text);
  if (absl::IsAlreadyExists(status)) {
    return absl::AlreadyExistsError(
        absl::StrCat("there is already a file at ", path, ", which is left as it is"));
  }
  if (!status.ok()) {
    return absl::Status(status.code(),
                        absl::StrCat("cannot create the key ring ", path, ": ", status.message()));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<ListedKey>> ListKeyRingFile(const std::string& path) {
  TWOFOLD_ASSIGN_OR_RETURN(const KeyRingMessage message, ReadKeyRingMessage(path));
  std::vector<ListedKey> keys;
  for (const FileMessage::Key& key : message.file.keys()) {
    ListedKey& listed = keys.emplace_back();
    listed.id = key.id();
    listed.create_time = key.create_time();
    listed.is_primary = key.id() == message.file.primary_key_id();
    listed.is_wrapped = !key.wrapped_key().empty();
  }
  std::sort(keys.begin(), keys.end(), [](const ListedKey& a, const ListedKey& b) { return a.id < b.id; });
  return keys;
}

absl::StatusOr<uint32_t> AddKeyToFile(const std::string& path, Random& random, const Clock& clock,
                                      KeyWrapper* wrapper) {
  uint32_t added = 0;
  TWOFOLD_RETURN_IF_ERROR(Edit(path, [&](FileMessage& file) -> absl::Status {
    if (wrapper == nullptr && HasWrappedKeys(file)) {
      return Refused(path,
                     "has wrapped keys. Pass the URI that servers have as --keyring, so that the new "
                     "key is wrapped too");
    }
    TWOFOLD_ASSIGN_OR_RETURN(added, AddNewKey(file, wrapper, random, clock));
    return absl::OkStatus();
  }));
  return added;
}

absl::Status PromoteKeyInFile(const std::string& path, uint32_t key_id) {
  return Edit(path, [&path, key_id](FileMessage& file) {
    if (FindKey(file, key_id) == nullptr) return Lacks(path, key_id);
    file.set_primary_key_id(key_id);
    return absl::OkStatus();
  });
}

absl::Status RemoveKeyFromFile(const std::string& path, uint32_t key_id) {
  return Edit(path, [&path, key_id](FileMessage& file) {
    if (FindKey(file, key_id) == nullptr) return Lacks(path, key_id);
    if (file.primary_key_id() == key_id) {
      return absl::FailedPreconditionError(
          absl::StrCat("key ", key_id, " is the primary key of ", path, ". Promote another key first"));
    }
    uint32_t last = file.last_key_id();
    for (const FileMessage::Key& key : file.keys()) last = std::max(last, key.id());
    file.set_last_key_id(last);
    auto& keys = *file.mutable_keys();
    for (int i = 0; i < keys.size(); ++i) {
      if (keys.Get(i).id() != key_id) continue;
      WipeString(*keys.Mutable(i)->mutable_key());
      keys.DeleteSubrange(i, 1);
      break;
    }
    return absl::OkStatus();
  });
}

}  // namespace twofold
