#include "server/rpc/traffic.h"

#include <gtest/gtest.h>

namespace twofold {
namespace {

using Verdict = TrafficHistory::Verdict;
using std::chrono::seconds;

constexpr TrafficHistory::TimePoint kBegin;

TEST(Traffic, L5_WhatIsReadWithoutAnAnswerIsAFlood) {
  TrafficHistory history(kBegin);
  uint64_t read = TrafficHistory::kMaxUnanswered;
  EXPECT_EQ(history.Look({read, 0}, kBegin), Verdict::kFine);
  EXPECT_EQ(history.Look({read + 1, 0}, kBegin), Verdict::kFlood);
}

TEST(Traffic, L5_AnsweredBytesAreNone) {
  TrafficHistory history(kBegin);
  uint64_t read = 0;
  for (uint64_t sent = 1; sent < 1000; ++sent) {
    read += TrafficHistory::kMaxUnanswered;
    EXPECT_EQ(history.Look({read, sent}, kBegin), Verdict::kFine);
  }
  EXPECT_EQ(history.Look({read + TrafficHistory::kMaxUnanswered + 1, 999}, kBegin), Verdict::kFlood);
}

TEST(Traffic, L5_NothingButKeepalivesIsAStall) {
  TrafficHistory history(kBegin);
  EXPECT_EQ(history.Look({1000, 1000}, kBegin + seconds(1)), Verdict::kFine);
  const auto moved = kBegin + seconds(1);
  EXPECT_EQ(history.Look({1017, 1017}, moved + TrafficHistory::kStall), Verdict::kFine);
  EXPECT_EQ(history.Look({1034, 1034}, moved + TrafficHistory::kStall + seconds(1)), Verdict::kStalled);
}

TEST(Traffic, L5_ACallNowAndThenIsNoStall) {
  TrafficHistory history(kBegin);
  for (uint64_t call = 1; call < 100; ++call) {
    EXPECT_EQ(history.Look({100 * call, 100 * call}, kBegin + TrafficHistory::kStall * call), Verdict::kFine);
  }
}

}  // namespace
}  // namespace twofold
