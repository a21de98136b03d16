#ifndef TWOFOLD_STORAGE_SQLITE_SYSTEM_ERROR_H_
#define TWOFOLD_STORAGE_SQLITE_SYSTEM_ERROR_H_

#include <string>

// Which call of the system failed, on which file, and why: "open(/data/twofold.db-wal): Permission denied".
// SQLite tells its log alone, where a database could not be opened at all.

namespace twofold {

// Nothing has failed on this thread so far.
void ForgetSystemError();

// What failed last on this thread since; empty when nothing did.
std::string SystemError();

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_SQLITE_SYSTEM_ERROR_H_
