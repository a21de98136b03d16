#include "storage/sqlite/writer.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/loop_iteration.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/database_file.h"
#include "tests/harness/temp_folder.h"

namespace twofold {
namespace {

class WriterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(file_.ok()) << file_.status();
    absl::StatusOr<Connections> connections = OpenConnections(path_, options_);
    ASSERT_TRUE(connections.ok()) << connections.status();
    writer_.Connect(std::move(connections->writer));
  }

  static WriteOp NewPut(const std::string& key, Completion<absl::Status> done) {
    WriteOp put(WriteOp::Kind::kPut);
    put.key = key;
    put.bytes = std::string(3000, 'x');
    put.next = 1;
    put.done = std::move(done);
    return put;
  }

  const TempFolder folder_;
  const std::string path_ = folder_ / "db";
  const SqliteOptions options_ = {.max_wal_bytes = 64 << 10};
  const absl::StatusOr<std::unique_ptr<DatabaseFile>> file_ = DatabaseFile::Hold(path_);
  SharedState state_{0};
  Writer writer_{options_, state_};
};

// What a caller saw when it was woken.
struct Caller {
  const SharedState& state;
  int64_t failed_checkpoints = -1;
};

// Emptying the log may take as long as a slow disk or an outside reader does.
TEST_F(WriterTest, WakesCallersBeforeItEmptiesTheLog) {
  // An outside reader keeps the log from being started anew.
  SQLite::Database outside(path_);
  outside.exec("BEGIN");
  outside.execAndGet("SELECT count(*) FROM record");

  Caller caller{state_};
  for (int i = 0; state_.counters.failed_checkpoints == 0 && i < 1000; ++i) {
    std::vector<WriteOp> batch;
    batch.push_back(NewPut(absl::StrCat(i), [&caller](absl::Status status) {
      EXPECT_TRUE(status.ok()) << status;
      const auto wake = [](void* whom) {
        auto& woken = *static_cast<Caller*>(whom);
        woken.failed_checkpoints = woken.state.counters.failed_checkpoints;
      };
      LoopIteration::DeferWake(wake, &caller);
    }));
    const LoopIteration iteration;
    writer_.Handle(std::move(batch));
  }
  EXPECT_EQ(state_.counters.failed_checkpoints, 1);
  EXPECT_EQ(caller.failed_checkpoints, 0);
}

TEST_F(WriterTest, ARecordWithoutAFreeRowFailsAloneInItsBatch) {
  SQLite::Database outside(path_, SQLite::OPEN_READWRITE);
  const int64_t first = RowHash(outside).FirstRow("full");
  for (int64_t row = first; row < first + RowHash::kRowsPerKey; ++row) {
    outside.exec(absl::StrCat("INSERT INTO record VALUES (", row, ", CAST('", row, "' AS BLOB), 1, x'00')"));
  }
  std::vector<absl::Status> results;
  const auto note = [&results](absl::Status status) { results.push_back(std::move(status)); };
  std::vector<WriteOp> batch;
  for (const char* key : {"before", "full", "after"}) batch.push_back(NewPut(key, note));
  writer_.Handle(std::move(batch));
  ASSERT_EQ(results.size(), 3U);
  EXPECT_TRUE(results[0].ok());
  EXPECT_TRUE(absl::IsUnavailable(results[1])) << results[1];
  EXPECT_TRUE(results[2].ok());
  EXPECT_EQ(outside.execAndGet("SELECT count(*) FROM record").getInt(), 6);
}

}  // namespace
}  // namespace twofold
