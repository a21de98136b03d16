#include "server/ops/audit.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <atomic>

#include "tests/harness/audit_fixture.h"

namespace {

std::atomic<int> syncs{0};

}  // namespace

// This replaces the system's function for the whole test.
extern "C" int fsync(int fd) {
  ++syncs;
  return fdatasync(fd);
}

namespace twofold {
namespace {

using ::testing::HasSubstr;

TEST_F(AuditLogTest, WritesEventsInOrderAndDrainsAtTheEnd) {
  {
    const auto log = Open();
    for (int i = 0; i < 1000; ++i) ASSERT_TRUE(Record(*log, absl::StrCat(i)));
  }
  const std::vector<Json> lines = ReadLines(settings_.destination);
  ASSERT_EQ(lines.size(), 1000U);
  for (size_t i = 0; i < lines.size(); ++i) EXPECT_EQ(lines[i]["user"], absl::StrCat(i));
  EXPECT_EQ(lines[0]["time"], "2026-01-02T03:04:05.678Z");
}

TEST_F(AuditLogTest, TheFileIsSyncedAtTheEnd) {
  const int before = syncs;
  auto log = Open();
  EXPECT_EQ(syncs, before);
  log.reset();
  EXPECT_EQ(syncs, before + 1);
}

TEST_F(AuditLogTest, ALineThatACrashCutStaysAlone) {
  std::ofstream(settings_.destination) << R"({"time":"20)";
  Record(*Open(), "next");
  const std::vector<std::string> lines = absl::StrSplit(ReadFile(settings_.destination), '\n');
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(Json::parse(lines[1])["user"], "next");
}

TEST_F(AuditLogTest, ClipsWhatNoValidRequestHolds) {
  Record(*Open(), std::string(1 << 20, 'x'));
  EXPECT_EQ(ReadLines(settings_.destination).at(0)["user"].get<std::string>().size(), 512U);
}

// A pipe that nobody empties blocks the writer. The queue then fills up.
class BlockedPipeTest : public AuditLogTest {
 protected:
  BlockedPipeTest() {
    EXPECT_EQ(mkfifo(settings_.destination.c_str(), 0600), 0);
    reader_ = open(settings_.destination.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    fcntl(reader_, F_SETPIPE_SZ, 4096);
    settings_.max_waiting = 100;
    settings_.patience = absl::Hours(1);
  }
  ~BlockedPipeTest() override { close(reader_); }

  // Sends more than the pipe and the queue hold.
  void Flood(AuditLog& log) {
    while (log.dropped() < 7) Record(log, std::string(100, 'u'));
  }

  // Returns everything that is written until the log has ended, after `text`, which was read
  // before.
  std::vector<Json> Drain(std::unique_ptr<AuditLog> log, std::string text = "") {
    fcntl(reader_, F_SETFL, 0);
    std::thread reading([&] {
      char buffer[4096];
      for (ssize_t got; (got = read(reader_, buffer, sizeof buffer)) > 0;)
        text.append(buffer, static_cast<size_t>(got));
    });
    log.reset();
    reading.join();
    std::vector<Json> lines;
    for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
      lines.push_back(Json::parse(std::string(line)));
    }
    return lines;
  }

  int reader_ = -1;
};

TEST_F(BlockedPipeTest, DropsCountsAndReportsWhatDoesNotFit) {
  auto log = Open();
  Flood(*log);
  const int64_t dropped = log->dropped();
  int64_t reported = 0;
  for (const Json& line : Drain(std::move(log))) {
    if (line["event"] == "dropped") reported += line["count"].get<int64_t>();
  }
  EXPECT_EQ(reported, dropped);
}

TEST_F(BlockedPipeTest, EverySingleEventIsWrittenOrCounted) {
  auto log = Open();
  int64_t recorded = 0;
  for (; log->dropped() < 50; ++recorded) Record(*log, std::string(100, 'u'));
  int64_t seen = 0;
  for (const Json& line : Drain(std::move(log))) {
    seen += line["event"] == "dropped" ? line["count"].get<int64_t>() : 1;
  }
  EXPECT_EQ(seen, recorded);
}

TEST_F(BlockedPipeTest, WhenRequiredNothingIsDroppedAndReserveRefuses) {
  settings_.required = true;
  auto log = Open();
  size_t recorded = 0;
  while (Record(*log, std::string(100, 'u'))) ++recorded;
  EXPECT_EQ(log->Reserve().status(), absl::UnavailableError("too many audit events wait to be written"));
  EXPECT_EQ(log->dropped(), 0);
  EXPECT_EQ(Drain(std::move(log)).size(), recorded);
}

TEST_F(BlockedPipeTest, T43_WhenRequiredNothingIsTakenWhileNobodyReads) {
  settings_.required = true;
  settings_.max_waiting = 1'000'000;
  // The reader, which comes later, must be seen to read also where the machine is busy.
  settings_.patience = absl::Milliseconds(500);
  auto log = Open();
  size_t recorded = 0;
  while (Record(*log, std::string(100, 'u'))) ++recorded;
  EXPECT_EQ(log->Reserve().status(), absl::UnavailableError("the audit log: nobody reads it"));
  EXPECT_EQ(log->CheckReady(), log->Reserve().status());
  std::string text;
  char buffer[4096];
  while (!log->CheckReady().ok()) {
    const ssize_t got = read(reader_, buffer, sizeof buffer);
    if (got > 0) text.append(buffer, static_cast<size_t>(got));
  }
  EXPECT_EQ(Drain(std::move(log), text).size(), recorded);
}

TEST_F(BlockedPipeTest, T43_EndsThoughNobodyReads) {
  settings_.patience = absl::Milliseconds(10);
  const auto log = Open();
  Flood(*log);
}

TEST_F(AuditLogTest, ATicketThatIsDroppedGivesItsSlotBack) {
  settings_.required = true;
  settings_.max_waiting = 2;
  const auto log = Open();
  absl::StatusOr<AuditTicket> first = log->Reserve();
  {
    const absl::StatusOr<AuditTicket> second = log->Reserve();
    ASSERT_TRUE(second.ok());
    EXPECT_FALSE(log->Reserve().ok());
  }
  EXPECT_TRUE(log->Reserve().ok());
  AuditTicket moved = *std::move(first);
  moved = AuditTicket();
  absl::StatusOr<AuditTicket> a = log->Reserve();
  absl::StatusOr<AuditTicket> b = log->Reserve();
  EXPECT_TRUE(a.ok());
  EXPECT_TRUE(b.ok());
}

TEST_F(AuditLogTest, AReservedSlotIsKeptWhileOthersFillTheQueue) {
  settings_.required = true;
  settings_.max_waiting = 3;
  {
    const auto log = Open();
    absl::StatusOr<AuditTicket> mine = log->Reserve();
    for (int i = 0; i < 1000; ++i) Record(*log, "other");
    log->Record(*std::move(mine), EventOf("mine"));
    EXPECT_EQ(log->dropped(), 0);
  }
  EXPECT_EQ(ReadLines(settings_.destination).back()["user"], "mine");
}

TEST_F(AuditLogTest, L3_FullDiskRefusesAnswersAndRecoversWithoutAGap) {
  settings_.required = true;
  {
    const auto log = Open();
    EXPECT_TRUE(log->CheckReady().ok());
    {
      const FullDisk full(300);  // The limit is in the middle of the third line.
      for (const char* user : {"a", "b", "c", "d"})
        ASSERT_TRUE(Record(*log, user) || log->write_errors() > 0);
      ASSERT_TRUE(Eventually([&] { return !log->CheckReady().ok(); }));
      EXPECT_THAT(log->CheckReady().message(), HasSubstr("File too large"));
      EXPECT_EQ(log->Reserve().status(), log->CheckReady());
    }
    ASSERT_TRUE(Eventually([&] { return log->CheckReady().ok(); }));
    ASSERT_TRUE(Record(*log, "after"));
    EXPECT_GT(log->write_errors(), 0);
    EXPECT_EQ(log->dropped(), 0);
  }
  const std::vector<Json> lines = ReadLines(settings_.destination);
  EXPECT_EQ(lines.front()["user"], "a");
  EXPECT_EQ(lines.back()["user"], "after");
}

TEST_F(AuditLogTest, L3_FullDiskWithoutRequiredAnswersAllTheSame) {
  const FullDisk full(0);
  const auto log = Open();
  ASSERT_TRUE(Record(*log, "a"));
  ASSERT_TRUE(Eventually([&] { return log->write_errors() > 0; }));
  EXPECT_TRUE(log->Reserve().ok());
  EXPECT_TRUE(log->CheckReady().ok());
}

TEST_F(AuditLogTest, EndsThoughNothingCanBeWritten) {
  const FullDisk full(0);
  settings_.retry = absl::Hours(1);
  const auto log = Open();
  for (int i = 0; i < 10; ++i) Record(*log, "a");
  ASSERT_TRUE(Eventually([&] { return log->write_errors() > 0; }));
}

TEST_F(AuditLogTest, NoneTakesEverythingAndKeepsNothing) {
  settings_.destination = "none";
  const auto log = Open();
  EXPECT_TRUE(Record(*log, "a"));
  EXPECT_TRUE(log->Reopen().ok());
  EXPECT_EQ(log->dropped(), 0);
}

TEST_F(AuditLogTest, ManyThreadsLoseNothing) {
  constexpr int kThreads = 8;
  constexpr int kEvents = 2000;
  {
    const auto log = Open();
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&log, t] {
        for (int i = 0; i < kEvents; ++i) Record(*log, absl::StrCat(t));
      });
    }
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(log->Reopen().ok());
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(log->dropped(), 0);
  }
  std::vector<int> per_thread(kThreads);
  for (const Json& line : ReadLines(settings_.destination))
    ++per_thread[std::stoul(line["user"].get<std::string>())];
  EXPECT_THAT(per_thread, testing::Each(kEvents));
}

}  // namespace
}  // namespace twofold
