#ifndef TWOFOLD_TESTS_CONFORMANCE_STORAGE_CLIENT_H_
#define TWOFOLD_TESTS_CONFORMANCE_STORAGE_CLIENT_H_

#include <map>
#include <string>

#include "storage/storage.h"

namespace twofold {

// Makes blocking calls, for tests.
class StorageClient {
 public:
  explicit StorageClient(Storage& storage) : storage_(storage) {}

  absl::StatusOr<VersionedBytes> Get(const std::string& key);
  absl::Status Put(const std::string& key, const std::string& bytes, Version expected, Version next);
  absl::Status Delete(const std::string& key, Version expected);
  absl::StatusOr<ScanPage> Scan(const std::string& cursor, int limit);

  // kAbsent: there is no record.
  Version VersionOf(const std::string& key);
  // All records by key, read in pages of `limit`.
  std::map<std::string, VersionedBytes> ScanAll(int limit);

 private:
  Storage& storage_;
};

}  // namespace twofold

#endif  // TWOFOLD_TESTS_CONFORMANCE_STORAGE_CLIENT_H_
