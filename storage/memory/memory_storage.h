#ifndef TWOFOLD_STORAGE_MEMORY_MEMORY_STORAGE_H_
#define TWOFOLD_STORAGE_MEMORY_MEMORY_STORAGE_H_

#include <memory>

#include "storage/storage.h"

namespace twofold {

// A storage whose data ends with the process. It is for trying out and for tests. Scans are in the
// order of keys.
std::unique_ptr<Storage> NewMemoryStorage();

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_MEMORY_MEMORY_STORAGE_H_
