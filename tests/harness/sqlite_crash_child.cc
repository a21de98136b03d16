// Writes to the database argv[1] until it is killed. Reports every acknowledged write on its
// standard output as two 64-bit numbers, the record's and the version's.
#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "common/async.h"
#include "storage/sqlite/sqlite_storage.h"

namespace twofold {
namespace {

constexpr uint64_t kRecords = 32;

// The versions of a record count up, so that the parent can compare them. A restart continues from
// the last version.
Task<absl::StatusOr<bool>> WriteForever(Storage& storage, uint64_t record) {
  const std::string key = absl::StrCat("record", record);
  const absl::StatusOr<VersionedBytes> found = co_await storage.Get(key);
  Version version = found.ok() ? found->version : kAbsent;
  for (;;) {
    const absl::Status put = co_await storage.Put(key, std::string(300, 'v'), version, version + 1);
    if (!put.ok()) co_return put;
    ++version;
    const uint64_t report[] = {record, version};
    if (write(STDOUT_FILENO, report, sizeof(report)) != sizeof(report))
      co_return absl::DataLossError("no parent");
  }
}

int Main(const char* path) {
  auto storage = OpenSqliteStorage(path);
  if (!storage.ok()) {
    std::cerr << storage.status() << std::endl;
    return 1;
  }
  asio::io_context context;
  InFlight in_flight;
  for (uint64_t record = 0; record < kRecords; ++record) {
    Spawn(context.get_executor(), in_flight, WriteForever(**storage, record),
          [](const absl::StatusOr<bool>& result) { std::cerr << result.status() << std::endl; });
  }
  context.run();
  return 1;
}

}  // namespace
}  // namespace twofold

int main(int argc, char** argv) { return argc == 2 ? twofold::Main(argv[1]) : 2; }
