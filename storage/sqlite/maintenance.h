#ifndef TWOFOLD_STORAGE_SQLITE_MAINTENANCE_H_
#define TWOFOLD_STORAGE_SQLITE_MAINTENANCE_H_

#include <memory>
#include <thread>

#include "storage/sqlite/connection.h"
#include "storage/sqlite/database_file.h"
#include "storage/sqlite/reader.h"
#include "storage/sqlite/shared_state.h"
#include "storage/sqlite/writer.h"

namespace twofold {

// Owns the maintenance thread, which runs checkpoints on a connection of its own and re-opens the
// file after SharedState::Refuse. The destructor waits for the thread. All arguments outlive this
// object.
class Maintenance {
 public:
  Maintenance(const DatabaseFile& file, SqliteOptions options, SharedState& state, Writer& writer,
              Reader& reader, std::unique_ptr<PlainConnection>& connection);
  ~Maintenance();
  Maintenance(const Maintenance&) = delete;
  Maintenance& operator=(const Maintenance&) = delete;

 private:
  void Run();
  void Checkpoint();
  absl::Status Reopen();

  const DatabaseFile& file_;
  const SqliteOptions options_;
  SharedState& state_;
  Writer& writer_;
  Reader& reader_;
  // Only the maintenance thread uses it. The storage owns it, because it must close after the
  // reader's connection and before the writer's.
  std::unique_ptr<PlainConnection>& connection_;
  std::thread thread_;
};

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_SQLITE_MAINTENANCE_H_
