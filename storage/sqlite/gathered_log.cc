#include "storage/sqlite/gathered_log.h"

#include <sqlite3.h>

#include <cstdlib>
#include <new>
#include <string>

namespace twofold {
namespace {

// A transaction seldom has more; where it does, it takes another write. The system's file takes less than 128
// KiB at once: it cuts off higher bits of the size.
constexpr size_t kMaxKept = size_t{64} << 10;

sqlite3_vfs& System() {
  static sqlite3_vfs* const system = sqlite3_vfs_find(nullptr);
  return *system;
}

// Lies at the beginning of the memory that SQLite sets aside for an open file, the system's file behind it.
class GatheredLog {
 public:
  static size_t Size() { return sizeof(GatheredLog) + static_cast<size_t>(System().szOsFile); }
  static GatheredLog& Of(sqlite3_file* file) { return *reinterpret_cast<GatheredLog*>(file); }

  sqlite3_file* system() { return reinterpret_cast<sqlite3_file*>(this + 1); }

  int Keep(const void* bytes, size_t size, sqlite3_int64 offset) {
    const bool follows = offset == begin_ + static_cast<sqlite3_int64>(kept_.size());
    if (!kept_.empty() && (!follows || kept_.size() + size > kMaxKept)) {
      if (const int code = Write(); code != SQLITE_OK) return code;
    }
    if (kept_.empty()) begin_ = offset;
    kept_.append(static_cast<const char*>(bytes), size);
    return SQLITE_OK;
  }

  int Write() {
    if (kept_.empty()) return SQLITE_OK;
    const int code =
        system()->pMethods->xWrite(system(), kept_.data(), static_cast<int>(kept_.size()), begin_);
    kept_.clear();
    return code;
  }

 private:
  // Set by SQLite's rules once it is open; first, as every sqlite3_file.
  [[maybe_unused]] sqlite3_file base_ = {};
  std::string kept_;
  sqlite3_int64 begin_ = 0;
};

// As SQLite aligns the memory of files.
static_assert(alignof(GatheredLog) <= 8);

// The system's method, once what was kept is in the file.
template <auto method, typename... Arguments>
int AfterWrite(sqlite3_file* file, Arguments... arguments) {
  GatheredLog& log = GatheredLog::Of(file);
  if (const int code = log.Write(); code != SQLITE_OK) return code;
  return (log.system()->pMethods->*method)(log.system(), arguments...);
}

template <auto method, typename... Arguments>
int AtOnce(sqlite3_file* file, Arguments... arguments) {
  sqlite3_file* const system = GatheredLog::Of(file).system();
  return (system->pMethods->*method)(system, arguments...);
}

int Keep(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  try {
    return GatheredLog::Of(file).Keep(bytes, static_cast<size_t>(size), offset);
  } catch (const std::bad_alloc&) {
    // SQLite's code, which called this, lets no exception through.
    return SQLITE_IOERR_NOMEM;
  }
}

int Close(sqlite3_file* file) {
  GatheredLog& log = GatheredLog::Of(file);
  const int written = log.Write();
  const int closed = log.system()->pMethods->xClose(log.system());
  log.~GatheredLog();
  return written != SQLITE_OK ? written : closed;
}

using Methods = sqlite3_io_methods;

// Version 1: memory is shared and mapped through the database's file alone.
constexpr Methods kLogMethods = {
    1,
    &Close,
    &AfterWrite<&Methods::xRead>,
    &Keep,
    &AfterWrite<&Methods::xTruncate>,
    &AfterWrite<&Methods::xSync>,
    &AfterWrite<&Methods::xFileSize>,
    &AtOnce<&Methods::xLock>,
    &AtOnce<&Methods::xUnlock>,
    &AtOnce<&Methods::xCheckReservedLock>,
    &AtOnce<&Methods::xFileControl>,
    &AtOnce<&Methods::xSectorSize>,
    &AtOnce<&Methods::xDeviceCharacteristics>,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
};

int Open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  if ((flags & SQLITE_OPEN_WAL) == 0) return System().xOpen(&System(), name, file, flags, out_flags);
  auto* const log = new (file) GatheredLog;
  const int code = System().xOpen(&System(), name, log->system(), flags, out_flags);
  if (code != SQLITE_OK) {
    log->~GatheredLog();
    file->pMethods = nullptr;
    return code;
  }
  file->pMethods = &kLogMethods;
  return SQLITE_OK;
}

}  // namespace

const char* GatheredLogVfs() {
  static constexpr const char* kName = "twofold";
  static const int registered = [] {
    // The system's other functions do not look at which VFS they are called for.
    static sqlite3_vfs vfs = System();
    vfs.zName = kName;
    vfs.szOsFile = static_cast<int>(GatheredLog::Size());
    vfs.xOpen = &Open;
    return sqlite3_vfs_register(&vfs, 0);
  }();
  if (registered != SQLITE_OK) std::abort();
  return kName;
}

}  // namespace twofold
