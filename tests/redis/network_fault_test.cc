// L4, T24: what the network can do to a connection. Whatever the answer, it is a true one, and soon
// after the network is whole again everything works, with the same objects.

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/harness/await.h"
#include "tests/redis/harness/fault_proxy.h"
#include "tests/redis/harness/redis_process.h"
#include "tests/redis/witness.h"

namespace twofold {
namespace {

// Beyond the timeout of QuickUri.
constexpr absl::Duration kTooLong = absl::Milliseconds(700);
constexpr CutBy kBothCuts[] = {CutBy::kReset, CutBy::kClose};

class NetworkFault : public testing::Test {
 protected:
  ~NetworkFault() override {
    // What was held back has arrived when a later round trip is over.
    proxy_.Heal();
    witness_.AwaitRecovery("the end of the test");
    witness_.CheckServer();
  }

  // After the first failure calls are answered at once, and no call sooner or later blocks again.
  void ExpectBreakerOpens() {
    EXPECT_TRUE(Await(kRecoveryLimit, [&] { return witness_.Try().took < kAtOnce; }));
    for (int i = 0; i < 20; ++i) {
      const Round round = witness_.Try();
      ExpectAllUnavailable(round, proxy_.address());
      EXPECT_LT(round.took, kAtOnce);
    }
  }

  // Sent, and no reply came.
  static void ExpectLost(const absl::Status& status) {
    EXPECT_TRUE(absl::IsUnknown(status)) << status;
    EXPECT_TRUE(absl::StrContains(status.message(), "no reply within 300ms")) << status;
  }

  RedisProcess redis_;
  FaultProxy proxy_{redis_.port()};
  Witness witness_{redis_, QuickUri(proxy_.address())};
};

TEST_F(NetworkFault, L4_ALateReplyIsUnknownToWritesAndUnavailableToReads) {
  proxy_.Delay(Direction::kReplies, kTooLong);
  ExpectLost(witness_.PutAlone());
  ExpectBreakerOpens();
  proxy_.Heal();
  witness_.AwaitRecovery("late replies");
  witness_.CheckServer();
  EXPECT_EQ(witness_.unknown_and_done(), 1);
  proxy_.Delay(Direction::kReplies, kTooLong);
  const Round round = witness_.Try();
  ExpectUnavailable(round.got, proxy_.address());
  ExpectUnavailable(round.acquired, "no reply within 300ms");
}

TEST_F(NetworkFault, L4_ADelayWithinTheTimeoutIsOnlyADelay) {
  proxy_.Delay(Direction::kBoth, absl::Milliseconds(20));
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(witness_.Try().all_ok());
}

TEST_F(NetworkFault, L4_CutBetweenRequests) {
  for (int i = 0; i < 20; ++i) {
    for (const CutBy how : kBothCuts) {
      proxy_.Cut(how);
      EXPECT_TRUE(Await(kRecoveryLimit, [&] { return witness_.Try().all_ok(); }));
    }
  }
}

TEST_F(NetworkFault, L4_CutInTheMiddleOfReplies) {
  // All replies of a round together have fewer bytes.
  for (size_t bytes = 0; bytes < 100; ++bytes) {
    proxy_.CutAfterReplyBytes(bytes, kBothCuts[bytes % 2]);
    const absl::Status lost = witness_.PutAlone();
    EXPECT_FALSE(absl::IsAborted(lost)) << lost;
    witness_.Try();
    proxy_.Heal();
    EXPECT_TRUE(Await(kRecoveryLimit, [&] { return witness_.Try().all_ok(); })) << bytes;
  }
  witness_.CheckServer();
  EXPECT_GT(witness_.count(absl::StatusCode::kUnknown), 20);
  EXPECT_GT(witness_.unknown_and_done(), 20);
}

TEST_F(NetworkFault, L4_CutWhileRequestsAreHeldBackOnTheirWay) {
  for (int i = 0; i < 10; ++i) {
    for (const CutBy how : kBothCuts) {
      proxy_.Delay(Direction::kRequests, absl::Milliseconds(100));
      // The cut comes while the round is under way, and drops what it sent.
      proxy_.CutAfterReplyBytes(0, how);
      witness_.Try();
      proxy_.Cut(how);
      proxy_.Heal();
      EXPECT_TRUE(Await(kRecoveryLimit, [&] { return witness_.Try().all_ok(); }));
    }
  }
}

TEST_F(NetworkFault, L4_NothingArrivesEitherWay) {
  for (const Direction direction : {Direction::kRequests, Direction::kReplies, Direction::kBoth}) {
    proxy_.BlackHole(direction);
    ExpectLost(witness_.PutAlone());
    witness_.AwaitRefusal(proxy_.address());
    ExpectBreakerOpens();
    proxy_.Heal();
    witness_.AwaitRecovery("a black hole");
  }
  witness_.CheckServer();
  // Late, but all three arrived.
  EXPECT_EQ(witness_.unknown_and_done(), 3);
}

TEST_F(NetworkFault, L4_AWriteLostInTheNetworkIsUnknownAndNotDone) {
  proxy_.BlackHole(Direction::kRequests);
  ExpectLost(witness_.PutAlone());
  proxy_.Cut();
  proxy_.Heal();
  witness_.AwaitRecovery("a black hole that ended in a reset");
  witness_.CheckServer();
  EXPECT_EQ(witness_.unknown_and_done(), 0);
}

TEST_F(NetworkFault, L4_Drip) {
  proxy_.Drip(Direction::kReplies, 1, absl::Milliseconds(100));
  const Round round = witness_.Try();
  ExpectUnavailable(round.got, "no reply within");
  proxy_.Heal();
  witness_.AwaitRecovery("dripping replies");
  proxy_.Drip(Direction::kRequests, 1, absl::Milliseconds(100));
  EXPECT_FALSE(witness_.Try().got.ok());
  proxy_.Heal();
  witness_.AwaitRecovery("dripping requests");
}

TEST_F(NetworkFault, L4_ASlowLineThatIsFastEnoughWorks) {
  proxy_.Drip(Direction::kBoth, 16, absl::Milliseconds(1));
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(witness_.Try().all_ok());
}

TEST_F(NetworkFault, T24_Refused) {
  proxy_.Refuse();
  proxy_.Cut();
  ExpectBreakerOpens();
  ExpectAllUnavailable(witness_.Try(), "Connection refused");
  proxy_.Heal();
  witness_.AwaitRecovery("refused connections");
}

}  // namespace
}  // namespace twofold
