#ifndef TWOFOLD_STORAGE_SQLITE_MAINTENANCE_H_
#define TWOFOLD_STORAGE_SQLITE_MAINTENANCE_H_

#include <memory>
#include <thread>

#include "storage/sqlite/connection.h"
#include "storage/sqlite/database_file.h"
#include "storage/sqlite/reader.h"
#include "storage/sqlite/row_learner.h"
#include "storage/sqlite/shared_state.h"
#include "storage/sqlite/writer.h"

namespace twofold {

// The thread beside reader and writer: checkpoints on a connection of its own, learns rows between them, and
// re-opens the file when the state says that nothing is usable. Everything it is given outlives it.
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
  // Only this thread uses it, but it is closed after the reader's and before the writer's.
  std::unique_ptr<PlainConnection>& connection_;
  RowLearner learner_{state_.rows};
  std::thread thread_;
};

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_SQLITE_MAINTENANCE_H_
