#include "storage/sqlite/disk_faults.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"

namespace twofold {
namespace {

std::atomic<int> write_error{0};
std::atomic<int> sync_error{0};
std::atomic<bool> log_dirty{false};
std::atomic<int64_t> log_writes{0};
std::atomic<int> next_database_sync_error{0};
std::atomic<int64_t> database_syncs{0};
std::atomic<int64_t> database_writes{0};

enum class Stall { kOff, kArmed, kStalled };

absl::Mutex& StallMutex() {
  static auto* mutex = new absl::Mutex;
  return *mutex;
}
Stall stall = Stall::kOff;

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

void StallIfAsked() {
  absl::MutexLock lock(&StallMutex());
  if (stall != Stall::kArmed) return;
  stall = Stall::kStalled;
  StallMutex().Await(absl::Condition(&IsOff, &stall));
}

int Sync(int fd) {
  const std::string path = PathOf(fd);
  if (IsOurs(path)) StallIfAsked();
  if (const int error = sync_error; error != 0 && IsOurs(path)) {
    errno = error;
    return -1;
  }
  if (IsDatabase(path)) {
    ++database_syncs;
    if (const int error = next_database_sync_error.exchange(0); error != 0) {
      errno = error;
      return -1;
    }
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
  if (IsLog(path)) {
    log_dirty = true;
    ++log_writes;
  }
  if (IsDatabase(path)) ++database_writes;
  return syscall(SYS_pwrite64, fd, bytes, size, offset);
}

}  // namespace

void FailDisk(DiskCall call, int error) { (call == DiskCall::kWrite ? write_error : sync_error) = error; }

void HealDisk() {
  write_error = 0;
  sync_error = 0;
}

void FailNextDatabaseSync(int error) { next_database_sync_error = error; }

int64_t DatabaseSyncs() { return database_syncs; }

int64_t DatabaseWrites() { return database_writes; }

bool LogHasUnsyncedBytes() { return log_dirty; }

int64_t LogWrites() { return log_writes; }

StalledSync::StalledSync() {
  absl::MutexLock lock(&StallMutex());
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
