// Operations at the same time.
#include <atomic>
#include <set>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/barrier.h"
#include "common/async.h"
#include "tests/conformance/storage_conformance.h"

namespace twofold {
namespace {

// Runs `body(i)` on `count` threads that start together.
template <typename Body>
void InParallel(int count, Body body) {
  auto* barrier = new absl::Barrier(count);
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) {
    threads.emplace_back([i, barrier, &body] {
      if (barrier->Block()) delete barrier;
      body(i);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// Adds one to the number in record "counter", trying until nobody came in between.
void Increment(StorageClient client, std::atomic<Version>& versions) {
  for (;;) {
    const absl::StatusOr<VersionedBytes> found = client.Get("counter");
    ASSERT_TRUE(found.ok()) << found.status();
    int64_t number = 0;
    ASSERT_TRUE(absl::SimpleAtoi(found->bytes, &number));
    const absl::Status put = client.Put("counter", absl::StrCat(number + 1), found->version, ++versions);
    if (put.ok()) return;
    ASSERT_TRUE(absl::IsAborted(put)) << put;
  }
}

Task<absl::StatusOr<std::thread::id>> PutAndGet(Storage& storage, std::string key) {
  const absl::Status put = co_await storage.Put(key, "v", kAbsent, 1);
  if (!put.ok()) co_return put;
  const absl::StatusOr<VersionedBytes> found = co_await storage.Get(key);
  if (!found.ok()) co_return found.status();
  co_return std::this_thread::get_id();
}

}  // namespace

TEST_P(StorageConformance, NoUpdateIsLost) {
  constexpr int kThreads = 64;
  constexpr int kEach = 5;
  std::atomic<Version> versions{1};
  ASSERT_TRUE(client_.Put("counter", "0", kAbsent, 1).ok());
  InParallel(kThreads, [&](int) {
    for (int i = 0; i < kEach; ++i) Increment(client_, versions);
  });
  EXPECT_EQ(client_.Get("counter")->bytes, absl::StrCat(kThreads * kEach));
}

TEST_P(StorageConformance, OneOfManyCreatorsWins) {
  constexpr int kThreads = 16;
  constexpr int kKeys = 50;
  std::atomic<int> created{0};
  std::vector<std::atomic<Version>> winner(kKeys);
  InParallel(kThreads, [&](int thread) {
    for (int i = 0; i < kKeys; ++i) {
      const Version mine = static_cast<Version>(thread) + 1;
      const absl::Status put = client_.Put(absl::StrCat("k", i), "v", kAbsent, mine);
      EXPECT_TRUE(put.ok() || absl::IsAborted(put)) << put;
      if (!put.ok()) continue;
      ++created;
      winner[static_cast<size_t>(i)] = mine;
    }
  });
  EXPECT_EQ(created, kKeys);
  for (int i = 0; i < kKeys; ++i) {
    EXPECT_EQ(client_.VersionOf(absl::StrCat("k", i)), winner[static_cast<size_t>(i)]);
  }
}

TEST_P(StorageConformance, OneOfManyDeletersWins) {
  for (Version round = 1; round <= 20; ++round) {
    ASSERT_TRUE(client_.Put("k", "v", kAbsent, round).ok());
    std::atomic<int> deleted{0};
    InParallel(8, [&](int) { deleted += client_.Delete("k", round).ok() ? 1 : 0; });
    ASSERT_EQ(deleted, 1);
  }
}

TEST_P(StorageConformance, EveryThreadReadsAcknowledgedWrites) {
  std::atomic<Version> acknowledged{0};
  std::atomic<bool> done{false};
  std::vector<std::thread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      Version seen = 0;
      while (!done) {
        const Version at_least = acknowledged;
        const Version version = client_.VersionOf("k");
        EXPECT_GE(version, at_least);
        EXPECT_GE(version, seen);
        seen = version;
      }
    });
  }
  for (Version version = 1; version <= 300; ++version) {
    EXPECT_TRUE(client_.Put("k", "v", version - 1, version).ok());
    acknowledged = version;
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
}

// Found by chance: a read of a key that was being created saw the second write, the next one the
// first.
TEST_P(StorageConformance, ANewRecordThatWasReadIsReadAgain) {
  constexpr int kKeys = 500;
  constexpr Version kWrites = 4;
  std::atomic<int> current{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      for (int key = 0; key < kKeys; key = current) {
        Version seen = 0;
        while (current == key) {
          const Version version = client_.VersionOf(absl::StrCat("k", key));
          EXPECT_GE(version, seen);
          seen = version;
        }
      }
    });
  }
  for (; current < kKeys; ++current) {
    for (Version version = 1; version <= kWrites; ++version) {
      EXPECT_TRUE(client_.Put(absl::StrCat("k", current.load()), "v", version - 1, version).ok());
    }
  }
  for (std::thread& reader : readers) reader.join();
}

TEST_P(StorageConformance, HundredsOfFlowsOnOneThreadResumeThere) {
  asio::io_context context;
  InFlight in_flight;
  std::set<std::thread::id> threads;
  int done = 0;
  for (int i = 0; i < 500; ++i) {
    Spawn(context.get_executor(), in_flight, PutAndGet(storage(), absl::StrCat("k", i)),
          [&](const absl::StatusOr<std::thread::id>& result) {
            ASSERT_TRUE(result.ok()) << result.status();
            threads.insert(*result);
            ++done;
          });
  }
  context.run();
  EXPECT_EQ(done, 500);
  EXPECT_EQ(threads, std::set<std::thread::id>{std::this_thread::get_id()});
}

TEST_P(StorageConformance, ScanUnderWritesShowsEveryLastingRecord) {
  for (int i = 0; i < 60; ++i) ASSERT_TRUE(client_.Put(absl::StrCat("stays", i), "v", kAbsent, 1).ok());
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (Version version = 1; !done; ++version) {
      const std::string key = absl::StrCat("goes", version % 40);
      if (!client_.Put(key, "v", kAbsent, version).ok())
        client_.Delete(key, client_.VersionOf(key)).IgnoreError();
      const Version before = client_.VersionOf("stays7");
      EXPECT_TRUE(client_.Put("stays7", "v", before, version + 1000).ok());
    }
  });
  for (int round = 0; round < 10; ++round) {
    const auto records = client_.ScanAll(7);
    for (int i = 0; i < 60; ++i) EXPECT_TRUE(records.count(absl::StrCat("stays", i))) << i;
  }
  done = true;
  writer.join();
}

}  // namespace twofold
