#include "tests/conformance/storage_client.h"

#include <utility>

#include "common/async.h"
#include "gtest/gtest.h"

namespace twofold {

absl::StatusOr<VersionedBytes> StorageClient::Get(const std::string& key) {
  return SyncWait(storage_.Get(key));
}

absl::Status StorageClient::Put(const std::string& key, const std::string& bytes, Version expected,
                                Version next) {
  return SyncWait(storage_.Put(key, bytes, expected, next));
}

absl::Status StorageClient::Delete(const std::string& key, Version expected) {
  return SyncWait(storage_.Delete(key, expected));
}

absl::StatusOr<ScanPage> StorageClient::Scan(const std::string& cursor, int limit) {
  return SyncWait(storage_.Scan(cursor, limit));
}

Version StorageClient::VersionOf(const std::string& key) {
  const absl::StatusOr<VersionedBytes> found = Get(key);
  EXPECT_TRUE(found.ok() || absl::IsNotFound(found.status())) << found.status();
  return found.ok() ? found->version : kAbsent;
}

std::map<std::string, VersionedBytes> StorageClient::ScanAll(int limit) {
  std::map<std::string, VersionedBytes> records;
  std::string cursor;
  do {
    absl::StatusOr<ScanPage> page = Scan(cursor, limit);
    if (!page.ok()) {
      ADD_FAILURE() << page.status();
      return records;
    }
    EXPECT_LE(page->records.size(), static_cast<size_t>(limit));
    for (KeyedBytes& record : page->records) {
      records[record.key] = VersionedBytes{record.version, std::move(record.bytes)};
    }
    cursor = page->next_cursor;
  } while (!cursor.empty());
  return records;
}

}  // namespace twofold
