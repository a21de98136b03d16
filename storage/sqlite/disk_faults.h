#ifndef TWOFOLD_STORAGE_SQLITE_DISK_FAULTS_H_
#define TWOFOLD_STORAGE_SQLITE_DISK_FAULTS_H_

#include <cstdint>

// A disk that fails on command: a test that links this library has pwrite64 and fdatasync replaced, also for
// SQLite's own shared library. All other calls, and all files outside the faults, are the system's.

namespace twofold {

enum class DiskCall { kWrite, kSync };

// From now on the call fails with `error` (an errno) on every database, log and shared-memory file.
void FailDisk(DiskCall call, int error);
void HealDisk();

// The next sync of a database, not of its log, fails with `error`, and what was written to it since its last
// one is gone, as a kernel may leave it; those after it are the system's.
void FailNextDatabaseSync(int error);

// How often one has been synced.
int64_t DatabaseSyncs();

// Whether a write-ahead log was written since it was last synced.
bool LogHasUnsyncedBytes();

enum class SyncOf { kAny, kDatabase };

// While it lives, the next sync waits inside the system call.
class StalledSync {
 public:
  explicit StalledSync(SyncOf which = SyncOf::kAny);
  ~StalledSync();
  StalledSync(const StalledSync&) = delete;
  StalledSync& operator=(const StalledSync&) = delete;

  // Blocks until a sync has arrived; false when none does within half a minute.
  [[nodiscard]] bool WaitUntilStalled();
  // Lets it go on, and all later ones.
  void Release();
};

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_SQLITE_DISK_FAULTS_H_
