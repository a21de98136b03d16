#ifndef TWOFOLD_STORAGE_SQLITE_SYSTEM_ERROR_H_
#define TWOFOLD_STORAGE_SQLITE_SYSTEM_ERROR_H_

#include <string>

// Says which system call failed, on which file, and why: "open(/data/twofold.db-wal): Permission
// denied". When a database cannot be opened at all, SQLite reports that only to its log.

namespace twofold {

// Forgets earlier failures on this thread.
void ForgetSystemError();

// The last failure on this thread since ForgetSystemError, or an empty string.
std::string SystemError();

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_SQLITE_SYSTEM_ERROR_H_
