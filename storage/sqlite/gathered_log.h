#ifndef TWOFOLD_STORAGE_SQLITE_GATHERED_LOG_H_
#define TWOFOLD_STORAGE_SQLITE_GATHERED_LOG_H_

namespace twofold {

// The name of an SQLite file system (https://www.sqlite.org/vfs.html) that is the system's, but for one
// thing: what a connection writes to a write-ahead log piece after piece, and SQLite writes two pieces a
// page, is kept until something else is asked of the log, at the latest its sync, and then reaches the file
// in one write.
//
// Only for connections with synchronous=FULL, which sync the log before they say that a transaction is there.
// An error of the write is told by whatever made it necessary; what was kept is then forgotten, which SQLite
// takes like a write that did not reach the file. Thread-safe.
const char* GatheredLogVfs();

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_SQLITE_GATHERED_LOG_H_
