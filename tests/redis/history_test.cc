// The checker of histories finds what it is there to find.

#include "tests/redis/history.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/time/time.h"

namespace twofold {
namespace {

absl::Time At(int second) { return absl::FromUnixSeconds(second); }

RecordHistory::Put Put(Version expected, Version next, int begin, int end,
                       absl::StatusCode code = absl::StatusCode::kOk) {
  return {expected, next, At(begin), At(end), code};
}

RecordHistory::Got Got(Version version, int begin, int end) { return {version, At(begin), At(end)}; }

constexpr auto kAborted = absl::StatusCode::kAborted;
constexpr auto kUnknown = absl::StatusCode::kUnknown;
constexpr auto kUnavailable = absl::StatusCode::kUnavailable;

size_t Wrong(const std::vector<RecordHistory::Put>& puts, const std::vector<RecordHistory::Got>& gets,
             Version last) {
  RecordHistory history;
  for (const auto& put : puts) history.Add(put);
  for (const auto& got : gets) history.Add(got);
  return history.Check(last).size();
}

TEST(RecordHistory, AcceptsPossibleHistories) {
  EXPECT_EQ(Wrong({}, {Got(0, 1, 2)}, 0), 0);
  EXPECT_EQ(Wrong({Put(0, 7, 1, 3), Put(7, 8, 5, 9), Put(7, 9, 5, 9, kAborted)},
                  {Got(0, 0, 2), Got(7, 2, 4), Got(7, 6, 8), Got(8, 6, 8)}, 8),
            0);
  EXPECT_EQ(Wrong({Put(0, 7, 1, 2), Put(7, 8, 3, 4, kUnknown), Put(7, 9, 5, 6, kAborted)}, {Got(7, 5, 6)}, 8),
            0)
      << "the unknown one came while the others were on their way";
  EXPECT_EQ(Wrong({Put(0, 7, 1, 2), Put(7, 8, 3, 4, kUnknown), Put(7, 9, 5, 6, kUnavailable)}, {}, 7), 0);
}

TEST(RecordHistory, RejectsImpossibleHistories) {
  EXPECT_EQ(Wrong({Put(0, 7, 1, 2)}, {}, 0), 1) << "lost";
  EXPECT_EQ(Wrong({Put(0, 7, 1, 2), Put(7, 8, 3, 4), Put(7, 9, 3, 4)}, {}, 8), 1) << "two winners";
  EXPECT_EQ(Wrong({Put(0, 7, 1, 2, kUnavailable)}, {}, 7), 1) << "UNAVAILABLE and done";
  EXPECT_EQ(Wrong({Put(0, 7, 1, 2, kAborted)}, {}, 7), 1) << "ABORTED and done";
  EXPECT_EQ(Wrong({Put(0, 7, 1, 2), Put(7, 8, 3, 4, kAborted)}, {}, 7), 1) << "ABORTED for nothing";
  EXPECT_EQ(Wrong({Put(0, 7, 1, 2), Put(7, 8, 3, 4)}, {Got(7, 5, 6)}, 8), 1) << "stale";
  EXPECT_EQ(Wrong({Put(0, 7, 1, 2), Put(7, 8, 5, 6)}, {Got(8, 3, 4)}, 8), 1) << "from the future";
  EXPECT_EQ(Wrong({Put(0, 7, 1, 2)}, {Got(9, 3, 4)}, 7), 1) << "from nowhere";
  EXPECT_EQ(Wrong({Put(0, 7, 1, 2)}, {Got(0, 3, 4)}, 7), 1) << "NOT_FOUND and there";
  EXPECT_EQ(Wrong({Put(0, 7, 1, 2)}, {}, 9), 2) << "lost, and a version from nowhere";
}

}  // namespace
}  // namespace twofold
