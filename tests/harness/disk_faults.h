#ifndef TWOFOLD_TESTS_HARNESS_DISK_FAULTS_H_
#define TWOFOLD_TESTS_HARNESS_DISK_FAULTS_H_

#include <cstdint>

// A disk that fails on command. This library replaces pwrite64 and fdatasync in the test that links
// it, also for SQLite's shared library. It affects files with ".db" in their path, and no others.
// Thread-safe.

namespace twofold {

enum class DiskCall { kWrite, kSync };

// From now on the call fails with `error` (an errno).
void FailDisk(DiskCall call, int error);
void HealDisk();

// The next sync of a database, not of its log, fails with `error` and loses the writes since the
// last sync, as a kernel may do. Later syncs work.
void FailNextDatabaseSync(int error);

// How often a database has been synced.
int64_t DatabaseSyncs();

// Whether a write-ahead log has been written since it was last synced.
bool LogHasUnsyncedBytes();

enum class SyncOf { kAny, kDatabase };

// Makes the next sync wait inside the system call until Release or the destructor.
class StalledSync {
 public:
  explicit StalledSync(SyncOf which = SyncOf::kAny);
  ~StalledSync();
  StalledSync(const StalledSync&) = delete;
  StalledSync& operator=(const StalledSync&) = delete;

  // Blocks until a sync waits. False: none came within half a minute.
  [[nodiscard]] bool WaitUntilStalled();
  // Lets this sync and all later ones go on.
  void Release();
};

}  // namespace twofold

#endif  // TWOFOLD_TESTS_HARNESS_DISK_FAULTS_H_
