#include "tests/harness/disk_faults.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"

namespace twofold {
namespace {

std::atomic<int> write_error{0};
std::atomic<int> sync_error{0};
std::atomic<bool> log_dirty{false};
std::atomic<int> next_database_sync_error{0};
std::atomic<int64_t> database_syncs{0};

// The content of a database before a write, kept until the next sync.
struct Overwritten {
  off64_t offset;
  std::string before;
};

absl::Mutex& OverwrittenMutex() {
  static auto* mutex = new absl::Mutex;
  return *mutex;
}
std::vector<Overwritten>& AllOverwritten() {
  static auto* all = new std::vector<Overwritten>;
  return *all;
}

void KeepOverwritten(int fd, size_t size, off64_t offset) {
  std::string before(size, '\0');
  // The read is short at the end of the file.
  if (syscall(SYS_pread64, fd, before.data(), size, offset) < 0) return;
  absl::MutexLock lock(&OverwrittenMutex());
  AllOverwritten().push_back({offset, std::move(before)});
}

void LoseOverwritten(int fd) {
  absl::MutexLock lock(&OverwrittenMutex());
  std::vector<Overwritten>& all = AllOverwritten();
  for (; !all.empty(); all.pop_back()) {
    syscall(SYS_pwrite64, fd, all.back().before.data(), all.back().before.size(), all.back().offset);
  }
}

enum class Stall { kOff, kArmed, kStalled };

absl::Mutex& StallMutex() {
  static auto* mutex = new absl::Mutex;
  return *mutex;
}
Stall stall = Stall::kOff;
SyncOf stalls = SyncOf::kAny;

bool IsStalled(Stall* state) { return *state == Stall::kStalled; }
bool IsOff(Stall* state) { return *state == Stall::kOff; }

std::string PathOf(int fd) {
  char path[PATH_MAX];
  const ssize_t size = readlink(absl::StrCat("/proc/self/fd/", fd).c_str(), path, sizeof(path));
  return size < 0 ? std::string() : std::string(path, static_cast<size_t>(size));
}

bool IsLog(absl::string_view path) { return absl::EndsWith(path, ".db-wal"); }
bool IsDatabase(absl::string_view path) { return absl::EndsWith(path, ".db"); }
bool IsOurs(absl::string_view path) { return absl::StrContains(path, ".db"); }

void StallIfAsked(absl::string_view path) {
  absl::MutexLock lock(&StallMutex());
  if (stall != Stall::kArmed || (stalls == SyncOf::kDatabase && !IsDatabase(path))) return;
  stall = Stall::kStalled;
  StallMutex().Await(absl::Condition(&IsOff, &stall));
}

int Sync(int fd) {
  const std::string path = PathOf(fd);
  if (IsOurs(path)) StallIfAsked(path);
  if (const int error = sync_error; error != 0 && IsOurs(path)) {
    errno = error;
    return -1;
  }
  if (IsDatabase(path)) {
    ++database_syncs;
    if (const int error = next_database_sync_error.exchange(0); error != 0) {
      LoseOverwritten(fd);
      errno = error;
      return -1;
    }
    absl::MutexLock lock(&OverwrittenMutex());
    AllOverwritten().clear();
  }
  if (IsLog(path)) log_dirty = false;
  return static_cast<int>(syscall(SYS_fdatasync, fd));
}

ssize_t Write(int fd, const void* bytes, size_t size, off64_t offset) {
  const std::string path = PathOf(fd);
  if (const int error = write_error; error != 0 && IsOurs(path)) {
    errno = error;
    return -1;
  }
  if (IsLog(path)) log_dirty = true;
  if (IsDatabase(path)) KeepOverwritten(fd, size, offset);
  return syscall(SYS_pwrite64, fd, bytes, size, offset);
}

}  // namespace

void FailDisk(DiskCall call, int error) { (call == DiskCall::kWrite ? write_error : sync_error) = error; }

void HealDisk() {
  write_error = 0;
  sync_error = 0;
  next_database_sync_error = 0;
}

void FailNextDatabaseSync(int error) { next_database_sync_error = error; }

int64_t DatabaseSyncs() { return database_syncs; }

bool LogHasUnsyncedBytes() { return log_dirty; }

StalledSync::StalledSync(SyncOf which) {
  absl::MutexLock lock(&StallMutex());
  stalls = which;
  stall = Stall::kArmed;
}

StalledSync::~StalledSync() { Release(); }

bool StalledSync::WaitUntilStalled() {
  absl::MutexLock lock(&StallMutex());
  return StallMutex().AwaitWithTimeout(absl::Condition(&IsStalled, &stall), absl::Seconds(30));
}

void StalledSync::Release() {
  absl::MutexLock lock(&StallMutex());
  stall = Stall::kOff;
}

}  // namespace twofold

extern "C" {
int fdatasync(int fd) { return twofold::Sync(fd); }
ssize_t pwrite64(int fd, const void* bytes, size_t size, off64_t offset) {
  return twofold::Write(fd, bytes, size, offset);
}
}
