#include "storage/sqlite/record_cache.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace twofold {
namespace {

constexpr size_t kMebibyte = size_t{1} << 20;

std::string Key(int i) { return absl::StrCat("key", i); }

const std::string kRecord(300, 'r');

int CountFound(RecordCache& cache, int keys) {
  int found = 0;
  for (int i = 0; i < keys; ++i) found += cache.Find(Key(i)).has_value() ? 1 : 0;
  return found;
}

TEST(RecordCache, FindsWhatWasStoredLast) {
  RecordCache cache(kMebibyte);
  EXPECT_FALSE(cache.Find("key").has_value());
  cache.Store("key", 1, "one");
  cache.Store("key", 2, "two");
  const std::optional<VersionedBytes> found = cache.Find("key");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->version, 2);
  EXPECT_EQ(found->bytes, "two");
  EXPECT_FALSE(cache.Find("key2").has_value());
}

TEST(RecordCache, WithholdsUntilTheNextIsThere) {
  RecordCache cache(kMebibyte);
  cache.Withhold("never stored");
  cache.Store("key", 1, "one");
  cache.Withhold("key");
  EXPECT_FALSE(cache.Find("key").has_value());
  cache.Store("key", 2, "two");
  EXPECT_EQ(cache.Find("key")->version, 2);
}

TEST(RecordCache, ForgetsOneOrAll) {
  RecordCache cache(kMebibyte);
  for (int i = 0; i < 100; ++i) cache.Store(Key(i), 1, kRecord);
  cache.Erase(Key(7));
  cache.Erase("never stored");
  EXPECT_FALSE(cache.Find(Key(7)).has_value());
  EXPECT_EQ(CountFound(cache, 100), 99);
  cache.Clear();
  EXPECT_EQ(CountFound(cache, 100), 0);
}

TEST(RecordCache, L8_StaysWithinItsMemoryAndKeepsWhatWasWrittenLast) {
  RecordCache cache(kMebibyte);
  constexpr int kKeys = 20000;
  for (int i = 0; i < kKeys; ++i) cache.Store(Key(i), 1, kRecord);
  const int found = CountFound(cache, kKeys);
  EXPECT_GT(found * 300, kMebibyte / 2);
  EXPECT_LT(found * 300, kMebibyte);
  // Keys fall into its shards at random, so that some keep more than others.
  for (int i = kKeys - found / 8; i < kKeys; ++i) EXPECT_TRUE(cache.Find(Key(i)).has_value()) << i;
  for (int i = 0; i < kKeys - 2 * found; ++i) EXPECT_FALSE(cache.Find(Key(i)).has_value()) << i;
}

TEST(RecordCache, RecordsThatGrowCount) {
  RecordCache cache(16 * kMebibyte);
  constexpr int kKeys = 4000;
  for (int i = 0; i < kKeys; ++i) cache.Store(Key(i), 1, "small");
  ASSERT_EQ(CountFound(cache, kKeys), kKeys);
  for (int i = 0; i < kKeys; ++i) cache.Store(Key(i), 2, std::string(10000, 'r'));
  EXPECT_LT(CountFound(cache, kKeys) * 10000, 16 * kMebibyte);
}

TEST(RecordCache, RecordsThatShrinkMakeRoom) {
  RecordCache cache(16 * kMebibyte);
  constexpr int kKeys = 500;
  for (int i = 0; i < kKeys; ++i) cache.Store(Key(i), 1, std::string(10000, 'r'));
  ASSERT_EQ(CountFound(cache, kKeys), kKeys);
  for (int i = 0; i < kKeys; ++i) cache.Store(Key(i), 2, "small");
  for (int i = kKeys; i < 60 * kKeys; ++i) cache.Store(Key(i), 1, kRecord);
  EXPECT_EQ(CountFound(cache, 60 * kKeys), 60 * kKeys);
}

TEST(RecordCache, GivesTheWholeRecordHoweverItsLengthChanges) {
  RecordCache cache(kMebibyte);
  Version version = 0;
  for (const size_t size : {300, 299, 310, 0, 1, 150, 75, 74, 300}) {
    const std::string record(size, 'r');
    cache.Store("key", ++version, record);
    EXPECT_EQ(cache.Find("key")->bytes, record);
    EXPECT_EQ(cache.Find("key")->version, version);
  }
}

TEST(RecordCache, ARecordLargerThanAllIsNotKept) {
  RecordCache cache(kMebibyte);
  cache.Store("key", 1, std::string(kMebibyte, 'r'));
  EXPECT_FALSE(cache.Find("key").has_value());
}

TEST(RecordCache, KeepsWhoeverComesOften) {
  RecordCache cache(kMebibyte);
  for (int i = 0; i < 50000; ++i) {
    cache.Store(Key(i), 1, kRecord);
    if (i % 100 == 0) cache.Store("often", static_cast<Version>(i) + 1, kRecord);
  }
  const std::optional<VersionedBytes> often = cache.Find("often");
  ASSERT_TRUE(often.has_value());
  EXPECT_EQ(often->version, 49901);
}

TEST(RecordCache, WithoutMemoryKeepsNothing) {
  RecordCache cache(0);
  cache.Store("key", 1, kRecord);
  EXPECT_FALSE(cache.Find("key").has_value());
}

}  // namespace
}  // namespace twofold
