#include "storage/sqlite/writer.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/turn.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/database_file.h"
#include "tests/harness/temp_folder.h"

namespace twofold {
namespace {

// What a caller saw when it was woken.
struct Caller {
  const SharedState& state;
  int64_t failed_checkpoints = -1;
};

// Emptying the log may take as long as a slow disk or an outside reader likes.
TEST(WriterTest, WakesThoseItHasAnsweredBeforeItEmptiesTheLog) {
  TempFolder folder;
  const std::string path = folder / "db";
  SqliteOptions options;
  options.max_wal_bytes = 64 << 10;
  SharedState state(0);
  Writer writer(options, state);
  const auto file = DatabaseFile::Hold(path);
  ASSERT_TRUE(file.ok()) << file.status();
  absl::StatusOr<Connections> connections = OpenConnections(path, options);
  ASSERT_TRUE(connections.ok()) << connections.status();
  writer.Connect(std::move(connections->writer));
  // So that the log cannot be started anew.
  SQLite::Database outside(path);
  outside.exec("BEGIN");
  outside.execAndGet("SELECT count(*) FROM record");

  Caller caller{state};
  Version next = 1;
  while (state.counters.failed_checkpoints == 0 && next < 1000) {
    std::vector<WriteOp> batch;
    WriteOp& put = batch.emplace_back(WriteOp::Kind::kPut);
    put.key = absl::StrCat(next);
    put.bytes = std::string(3000, 'x');
    put.next = next++;
    put.done = [&caller](absl::Status status) {
      EXPECT_TRUE(status.ok()) << status;
      const auto wake = [](void* whom) {
        auto& woken = *static_cast<Caller*>(whom);
        woken.failed_checkpoints = woken.state.counters.failed_checkpoints;
      };
      Turn::PutOff(wake, &caller);
    };
    const Turn turn;
    writer.Handle(std::move(batch));
  }
  EXPECT_EQ(state.counters.failed_checkpoints, 1);
  EXPECT_EQ(caller.failed_checkpoints, 0);
}

}  // namespace
}  // namespace twofold
