// Operations one after the other.
#include "tests/conformance/storage_conformance.h"

#include <limits>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/async.h"
#include "gmock/gmock.h"

namespace twofold {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr absl::StatusCode kAborted = absl::StatusCode::kAborted;
constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;
constexpr absl::StatusCode kNotFound = absl::StatusCode::kNotFound;
constexpr absl::StatusCode kOk = absl::StatusCode::kOk;

std::string Bytes(absl::string_view text) { return std::string(text); }

}  // namespace

TEST_P(StorageConformance, AnAbsentRecordIsNotFound) {
  EXPECT_EQ(client_.Get("k").status().code(), kNotFound);
}

TEST_P(StorageConformance, GetReturnsThePutRecord) {
  ASSERT_EQ(client_.Put("k", "one", kAbsent, 11).code(), kOk);
  EXPECT_EQ(client_.Get("k")->version, 11U);
  EXPECT_EQ(client_.Get("k")->bytes, "one");
  ASSERT_EQ(client_.Put("k", "two", 11, 12).code(), kOk);
  EXPECT_EQ(client_.Get("k")->version, 12U);
  EXPECT_EQ(client_.Get("k")->bytes, "two");
}

TEST_P(StorageConformance, AnotherVersionAbortsAndChangesNothing) {
  ASSERT_EQ(client_.Put("k", "one", kAbsent, 11).code(), kOk);
  EXPECT_EQ(client_.Put("k", "two", kAbsent, 12).code(), kAborted);
  EXPECT_EQ(client_.Put("k", "two", 10, 12).code(), kAborted);
  EXPECT_EQ(client_.Put("k", "two", 12, 12).code(), kAborted);
  EXPECT_EQ(client_.Delete("k", 12).code(), kAborted);
  EXPECT_EQ(client_.Get("k")->version, 11U);
  EXPECT_EQ(client_.Get("k")->bytes, "one");
}

TEST_P(StorageConformance, AnAbsentRecordHasNoVersion) {
  EXPECT_EQ(client_.Put("k", "one", 11, 12).code(), kAborted);
  EXPECT_EQ(client_.Delete("k", 11).code(), kAborted);
  EXPECT_EQ(client_.Get("k").status().code(), kNotFound);
}

TEST_P(StorageConformance, DeleteRemoves) {
  ASSERT_EQ(client_.Put("k", "one", kAbsent, 11).code(), kOk);
  EXPECT_EQ(client_.Delete("k", 11).code(), kOk);
  EXPECT_EQ(client_.Get("k").status().code(), kNotFound);
  EXPECT_EQ(client_.Delete("k", 11).code(), kAborted);
  EXPECT_TRUE(client_.ScanAll(10).empty());
}

TEST_P(StorageConformance, ADeletedAndRecreatedRecordDoesNotMatchItsOldVersion) {
  ASSERT_EQ(client_.Put("k", "same", kAbsent, 11).code(), kOk);
  ASSERT_EQ(client_.Delete("k", 11).code(), kOk);
  ASSERT_EQ(client_.Put("k", "same", kAbsent, 12).code(), kOk);
  EXPECT_EQ(client_.Put("k", "stale", 11, 13).code(), kAborted);
  EXPECT_EQ(client_.Delete("k", 11).code(), kAborted);
  EXPECT_EQ(client_.VersionOf("k"), 12U);
}

TEST_P(StorageConformance, VersionsUseAll64Bits) {
  const Version versions[] = {1, (Version{1} << 53) + 1, Version{1} << 63,
                              std::numeric_limits<Version>::max() - 1, std::numeric_limits<Version>::max()};
  Version before = kAbsent;
  for (Version version : versions) {
    ASSERT_EQ(client_.Put("k", "v", before, version).code(), kOk) << version;
    EXPECT_EQ(client_.VersionOf("k"), version);
    EXPECT_EQ(client_.Put("k", "v", version - 1 == kAbsent ? 2 : version - 1, 7).code(), kAborted);
    before = version;
  }
  EXPECT_EQ(client_.ScanAll(10).at("k").version, before);
  EXPECT_EQ(client_.Delete("k", before).code(), kOk);
}

TEST_P(StorageConformance, KeysAndValuesAreAnyBytes) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all.push_back(static_cast<char>(byte));
  const std::string contents[] = {Bytes({"\0", 1}),
                                  Bytes("\xff"),
                                  Bytes({"\0\0", 2}),
                                  Bytes({"a\0", 2}),
                                  Bytes("a"),
                                  Bytes("\xc3\x28"),
                                  Bytes("'; DROP TABLE record; --"),
                                  Bytes("\r\n"),
                                  all};
  Version version = 1;
  for (const std::string& content : contents) {
    ASSERT_EQ(client_.Put(content, content, kAbsent, version++).code(), kOk)
        << testing::PrintToString(content);
  }
  version = 1;
  const auto scanned = client_.ScanAll(3);
  for (const std::string& content : contents) {
    EXPECT_EQ(client_.Get(content)->bytes, content);
    EXPECT_EQ(scanned.at(content).bytes, content);
    EXPECT_EQ(scanned.at(content).version, version++);
  }
  EXPECT_EQ(scanned.size(), std::size(contents));
}

TEST_P(StorageConformance, AnEmptyValueIsAValue) {
  ASSERT_EQ(client_.Put("k", "", kAbsent, 11).code(), kOk);
  EXPECT_EQ(client_.Get("k")->bytes, "");
  EXPECT_EQ(client_.Put("k", "", kAbsent, 12).code(), kAborted);
  EXPECT_EQ(client_.ScanAll(1).size(), 1U);
}

TEST_P(StorageConformance, T7_T31_KeysThatLookAlikeAreDifferentRecords) {
  const std::string keys[] = {"bob",
                              "bob:1",
                              "bob*",
                              "{bob}",
                              "bob\n",
                              "bob ",
                              "Bob",
                              "bo",
                              "bob?",
                              "[bob]",
                              "bob%",
                              "bo_",
                              Bytes({"bob\0", 4}),
                              Bytes({"t\0bob", 5}),
                              "t:bob",
                              "tf1:{Ym9i}",
                              "0",
                              "00",
                              "1e3",
                              "1000",
                              "\xc3\xa9",
                              "e\xcc\x81"};
  Version version = 1;
  for (const std::string& key : keys) {
    ASSERT_EQ(client_.Put(key, absl::StrCat("of ", version), kAbsent, version).code(), kOk);
    ++version;
  }
  ASSERT_EQ(client_.Put("bob", "changed", 1, 1000).code(), kOk);
  ASSERT_EQ(client_.Delete("bob*", 3).code(), kOk);
  const auto records = client_.ScanAll(1000);
  EXPECT_EQ(records.size(), std::size(keys) - 1);
  version = 1;
  for (const std::string& key : keys) {
    const std::string expected = absl::StrCat("of ", version++);
    if (key == "bob" || key == "bob*") continue;
    EXPECT_EQ(records.at(key).bytes, expected) << key;
  }
}

TEST_P(StorageConformance, TheLargestKeyAndValueFit) {
  const std::string key(512, '\xff');
  const std::string bytes(65536, '\0');
  ASSERT_EQ(client_.Put(key, bytes, kAbsent, 11).code(), kOk);
  EXPECT_EQ(client_.Get(key)->bytes, bytes);
  ASSERT_EQ(client_.Put(key, std::string(65536, '\xff'), 11, 12).code(), kOk);
  EXPECT_EQ(client_.Get(key)->bytes, std::string(65536, '\xff'));
}

TEST_P(StorageConformance, ArgumentsOutOfBoundsAreInvalidAndChangeNothing) {
  const std::string long_key(513, 'k');
  EXPECT_EQ(client_.Get("").status().code(), kInvalid);
  EXPECT_EQ(client_.Get(long_key).status().code(), kInvalid);
  EXPECT_EQ(client_.Put("", "v", kAbsent, 11).code(), kInvalid);
  EXPECT_EQ(client_.Put(long_key, "v", kAbsent, 11).code(), kInvalid);
  EXPECT_EQ(client_.Put("k", std::string(65537, 'v'), kAbsent, 11).code(), kInvalid);
  EXPECT_EQ(client_.Put("k", "v", kAbsent, kAbsent).code(), kInvalid);
  EXPECT_EQ(client_.Delete("", 11).code(), kInvalid);
  EXPECT_EQ(client_.Delete(long_key, 11).code(), kInvalid);
  EXPECT_EQ(client_.Delete("k", kAbsent).code(), kInvalid);
  EXPECT_TRUE(client_.ScanAll(10).empty());
}

TEST_P(StorageConformance, MessagesDoNotNameTheKey) {
  ASSERT_EQ(client_.Put("hunter2", "v", kAbsent, 11).code(), kOk);
  EXPECT_THAT(client_.Put("hunter2", "v", kAbsent, 12).ToString(), Not(HasSubstr("hunter2")));
  EXPECT_THAT(client_.Delete("hunter2", 12).ToString(), Not(HasSubstr("hunter2")));
  EXPECT_THAT(client_.Get("hunter22").status().ToString(), Not(HasSubstr("hunter2")));
}

TEST_P(StorageConformance, AnEmptyStoreHasOneEmptyPage) {
  EXPECT_TRUE(client_.Scan("", 1)->records.empty());
  EXPECT_EQ(client_.Scan("", 1)->next_cursor, "");
}

TEST_P(StorageConformance, ScanVisitsEveryRecordWhateverThePageSize) {
  for (int i = 0; i < 25; ++i) {
    ASSERT_EQ(client_.Put(absl::StrCat("k", i), absl::StrCat("v", i), kAbsent, 100 + static_cast<Version>(i))
                  .code(),
              kOk);
  }
  for (int limit : {1, 2, 7, 24, 25, 26, 1000}) {
    const auto records = client_.ScanAll(limit);
    ASSERT_EQ(records.size(), 25U) << limit;
    EXPECT_EQ(records.at("k24").bytes, "v24");
    EXPECT_EQ(records.at("k24").version, 124U);
  }
}

TEST_P(StorageConformance, ScanOfLargeRecordsIsComplete) {
  for (int i = 0; i < 40; ++i) {
    ASSERT_EQ(client_.Put(absl::StrCat("k", i), std::string(65536, 'v'), kAbsent, 1).code(), kOk);
  }
  EXPECT_EQ(client_.ScanAll(1000).size(), 40U);
}

TEST_P(StorageConformance, ScanGoesOnAfterTheLastRecordOfAPageIsGone) {
  for (int i = 0; i < 10; ++i) ASSERT_EQ(client_.Put(absl::StrCat("k", i), "v", kAbsent, 1).code(), kOk);
  const absl::StatusOr<ScanPage> first = client_.Scan("", 4);
  ASSERT_TRUE(first.ok());
  std::map<std::string, Version> rest;
  for (const KeyedBytes& record : first->records) ASSERT_EQ(client_.Delete(record.key, 1).code(), kOk);
  for (std::string cursor = first->next_cursor; !cursor.empty();) {
    const absl::StatusOr<ScanPage> page = client_.Scan(cursor, 4);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const KeyedBytes& record : page->records) rest[record.key] = record.version;
    cursor = page->next_cursor;
  }
  for (int i = 0; i < 10; ++i) {
    if (client_.VersionOf(absl::StrCat("k", i)) == kAbsent) continue;
    EXPECT_TRUE(rest.count(absl::StrCat("k", i))) << i;
  }
}

TEST_P(StorageConformance, ACursorThatNoScanReturnedIsInvalid) {
  ASSERT_EQ(client_.Put("k", "v", kAbsent, 1).code(), kOk);
  for (const std::string& cursor :
       {Bytes("!"), Bytes("not a cursor"), Bytes({"\0", 1}), std::string(10000, 'A')}) {
    EXPECT_EQ(client_.Scan(cursor, 10).status().code(), kInvalid) << testing::PrintToString(cursor);
  }
}

TEST_P(StorageConformance, ScanLimitsHaveBounds) {
  for (int limit : {0, -1, 1001, std::numeric_limits<int>::max(), std::numeric_limits<int>::min()}) {
    EXPECT_EQ(client_.Scan("", limit).status().code(), kInvalid) << limit;
  }
}

TEST_P(StorageConformance, IsReady) { EXPECT_EQ(SyncWait(storage().CheckReady()).code(), kOk); }

TEST_P(StorageDurability, AcknowledgedWritesSurvive) {
  ASSERT_EQ(client().Put("created", "c", kAbsent, 1).code(), kOk);
  ASSERT_EQ(client().Put("updated", "u1", kAbsent, 2).code(), kOk);
  ASSERT_EQ(client().Put("updated", "u2", 2, 3).code(), kOk);
  ASSERT_EQ(client().Put("deleted", "d", kAbsent, 4).code(), kOk);
  ASSERT_EQ(client().Delete("deleted", 4).code(), kOk);
  harness_->Reopen();
  EXPECT_EQ(client().Get("created")->bytes, "c");
  EXPECT_EQ(client().Get("created")->version, 1U);
  EXPECT_EQ(client().Get("updated")->bytes, "u2");
  EXPECT_EQ(client().Get("updated")->version, 3U);
  EXPECT_EQ(client().Get("deleted").status().code(), kNotFound);
  EXPECT_EQ(client().ScanAll(10).size(), 2U);
}

TEST_P(StorageDurability, VersionsStillGuardAfterwards) {
  ASSERT_EQ(client().Put("k", "old", kAbsent, 1).code(), kOk);
  ASSERT_EQ(client().Put("k", "new", 1, 2).code(), kOk);
  harness_->Reopen();
  EXPECT_EQ(client().Put("k", "stale", 1, 3).code(), kAborted);
  EXPECT_EQ(client().Put("k", "again", kAbsent, 3).code(), kAborted);
  EXPECT_EQ(client().Put("k", "next", 2, 3).code(), kOk);
}

TEST_P(StorageDurability, ReopensManyTimes) {
  for (Version version = 1; version <= 10; ++version) {
    ASSERT_EQ(client().Put("k", absl::StrCat(version), version - 1, version).code(), kOk);
    harness_->Reopen();
    ASSERT_EQ(client().Get("k")->bytes, absl::StrCat(version));
  }
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(StorageConformance);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(StorageDurability);

}  // namespace twofold
