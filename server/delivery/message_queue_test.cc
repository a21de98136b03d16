#include "server/delivery/message_queue.h"

#include <atomic>
#include <functional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "common/async.h"
#include "common/steady.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace twofold {
namespace {

using testing::AllOf;
using testing::Each;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using v1::METHOD_TYPE_EMAIL;
using v1::METHOD_TYPE_SMS;

// What the test's end of a carrier sees, which outlives the carrier.
struct Receiver {
  std::function<absl::Status(int nth)> answer = [](int) { return absl::OkStatus(); };
  bool knows_ids = false;
  absl::Mutex mutex;
  std::vector<std::string> ids;
  SteadyEvent stopped;
};

class TestCarrier final : public Carrier {
 public:
  explicit TestCarrier(Receiver& receiver) : receiver_(receiver) {}

  absl::Status Deliver(const Message& message) override {
    int nth = 0;
    {
      absl::MutexLock lock(&receiver_.mutex);
      receiver_.ids.push_back(message.id);
      nth = static_cast<int>(receiver_.ids.size());
    }
    return receiver_.answer(nth);
  }
  bool receiver_knows_ids() const override { return receiver_.knows_ids; }
  void Stop() override { receiver_.stopped.Set(); }

 private:
  Receiver& receiver_;
};

Message MessageOf(v1::MethodType type, int number = 1) {
  Message message;
  message.id = absl::StrCat("id", number);
  message.type = type;
  message.destination = type == METHOD_TYPE_SMS ? "+12025550123" : "alice@example.org";
  message.code = "493817";
  message.issuer = "Example";
  return message;
}

class MessageQueueTest : public testing::Test {
 protected:
  std::unique_ptr<MessageQueue> Make() {
    return NewMessageQueue(std::make_unique<TestCarrier>(sms_), std::make_unique<TestCarrier>(email_),
                           limits_);
  }
  static absl::Status Send(MessageQueue& queue, v1::MethodType type = METHOD_TYPE_SMS) {
    return SyncWait(queue.Send(MessageOf(type)));
  }
  std::vector<std::string> SmsIds() {
    absl::MutexLock lock(&sms_.mutex);
    return sms_.ids;
  }

  DeliveryLimits limits_ = {
      .max_waiting = 8, .threads = 2, .max_tries = 3, .first_pause = absl::Milliseconds(2)};
  Receiver sms_;
  Receiver email_;
};

TEST_F(MessageQueueTest, AMessageGoesOnceToTheCarrierOfItsType) {
  const auto queue = Make();
  EXPECT_EQ(Send(*queue), absl::OkStatus());
  EXPECT_THAT(SmsIds(), SizeIs(1));
  EXPECT_THAT(email_.ids, SizeIs(0));
  EXPECT_EQ(Send(*queue, METHOD_TYPE_EMAIL), absl::OkStatus());
  EXPECT_THAT(email_.ids, SizeIs(1));
  EXPECT_EQ(queue->counters(METHOD_TYPE_EMAIL).taken, 1);
}

TEST_F(MessageQueueTest, ATypeWithoutACarrierIsNotSent) {
  const auto queue = NewMessageQueue(nullptr, std::make_unique<TestCarrier>(email_), limits_);
  EXPECT_TRUE(absl::IsUnavailable(Send(*queue)));
  EXPECT_TRUE(absl::IsUnavailable(Send(*queue, v1::METHOD_TYPE_TOTP)));
  EXPECT_EQ(queue->counters(METHOD_TYPE_SMS).handed_over, 0);
}

TEST_F(MessageQueueTest, WhatWasNotTakenIsTriedThriceWithTheSameId) {
  sms_.answer = [](int nth) { return nth < 3 ? absl::UnavailableError("busy") : absl::OkStatus(); };
  const auto queue = Make();
  EXPECT_EQ(Send(*queue), absl::OkStatus());
  EXPECT_THAT(SmsIds(), AllOf(SizeIs(3), Each("id1")));
  EXPECT_EQ(queue->counters(METHOD_TYPE_SMS).tries, 3);
  sms_.answer = [](int) { return absl::UnavailableError("busy"); };
  EXPECT_EQ(Send(*queue), absl::UnavailableError("busy"));
  EXPECT_THAT(SmsIds(), SizeIs(6));
  EXPECT_EQ(queue->counters(METHOD_TYPE_SMS).failed, 1);
}

TEST_F(MessageQueueTest, WhatMayHaveBeenTakenIsRepeatedOnlyToAReceiverThatKnowsIds) {
  sms_.answer = [](int) { return absl::UnknownError("lost"); };
  const auto queue = Make();
  EXPECT_EQ(Send(*queue), absl::UnknownError("lost"));
  EXPECT_THAT(SmsIds(), SizeIs(1));
  sms_.knows_ids = true;
  EXPECT_EQ(Send(*queue), absl::UnknownError("lost"));
  EXPECT_THAT(SmsIds(), SizeIs(4));
}

TEST_F(MessageQueueTest, AnUnknownTryIsNotForgottenWhenALaterOneFails) {
  sms_.knows_ids = true;
  sms_.answer = [](int nth) {
    return nth == 1 ? absl::UnknownError("lost") : absl::UnavailableError("busy");
  };
  EXPECT_EQ(Send(*Make()), absl::UnknownError("busy"));
}

TEST_F(MessageQueueTest, ARefusalIsFinal) {
  sms_.answer = [](int) { return absl::InvalidArgumentError("no such number"); };
  const auto queue = Make();
  EXPECT_EQ(Send(*queue), absl::InvalidArgumentError("no such number"));
  EXPECT_THAT(SmsIds(), SizeIs(1));
}

TEST_F(MessageQueueTest, AnExceptionIsAnErrorThatIsNotRepeated) {
  sms_.answer = [](int) -> absl::Status { throw std::runtime_error("+12025550123"); };
  const absl::Status status = Send(*Make());
  EXPECT_TRUE(absl::IsUnknown(status));
  EXPECT_THAT(status.message(), Not(HasSubstr("+12025550123")));
  EXPECT_THAT(SmsIds(), SizeIs(1));
}

TEST_F(MessageQueueTest, NoLoopWaitsForADeadCarrierAndMemoryIsBounded) {
  sms_.answer = [this](int) {
    sms_.stopped.WaitFor(absl::Minutes(1));
    return absl::UnknownError("no answer");
  };
  const auto queue = Make();
  asio::io_context loop;
  int refused = 0;
  int others = 0;
  const SteadyTime begin = SteadyNow();
  for (int i = 0; i < 1000; ++i) {
    Start(loop.get_executor(), queue->Send(MessageOf(METHOD_TYPE_SMS, i)), [&](Task<absl::Status> ended) {
      ++(absl::IsResourceExhausted(ended.TakeResult()) ? refused : others);
    });
  }
  // The mail lane is free, and the loop has time for it.
  absl::Status mail = absl::UnknownError("pending");
  Start(loop.get_executor(), queue->Send(MessageOf(METHOD_TYPE_EMAIL)),
        [&mail](Task<absl::Status> ended) { mail = ended.TakeResult(); });
  while (mail != absl::OkStatus()) loop.run_one();
  EXPECT_LT(TimeSince(begin), absl::Seconds(5));
  const int most = static_cast<int>(limits_.max_waiting + limits_.threads);
  EXPECT_LE(queue->counters(METHOD_TYPE_SMS).waiting, most);
  EXPECT_GE(queue->counters(METHOD_TYPE_SMS).refused, 1000 - most);
  queue->Stop();
  loop.run();
  EXPECT_LT(TimeSince(begin), absl::Seconds(20));
  EXPECT_EQ(refused + others, 1000);
  EXPECT_GE(refused, 1000 - most);
  const DeliveryCounters counters = queue->counters(METHOD_TYPE_SMS);
  EXPECT_EQ(counters.handed_over, 1000);
  EXPECT_EQ(counters.waiting, 0);
  EXPECT_EQ(counters.taken + counters.failed + counters.given_up + counters.refused, 1000);
}

TEST_F(MessageQueueTest, AStopEndsWaitingTriedAndLaterMessages) {
  sms_.answer = [this](int) {
    sms_.stopped.WaitFor(absl::Minutes(1));
    return absl::UnavailableError("closed");
  };
  limits_.first_pause = absl::Minutes(1);
  limits_.threads = 1;
  const auto queue = Make();
  asio::io_context loop;
  std::vector<absl::Status> results;
  for (int i = 0; i < 3; ++i) {
    Start(loop.get_executor(), queue->Send(MessageOf(METHOD_TYPE_SMS, i)),
          [&results](Task<absl::Status> ended) { results.push_back(ended.TakeResult()); });
  }
  const SteadyTime begin = SteadyNow();
  queue->Stop();
  loop.run();
  EXPECT_LT(TimeSince(begin), absl::Seconds(20));
  EXPECT_THAT(results, AllOf(SizeIs(3), Each(absl::UnavailableError("the server is stopping"))));
  EXPECT_EQ(Send(*queue), absl::UnavailableError("the server is stopping"));
  EXPECT_EQ(queue->counters(METHOD_TYPE_SMS).given_up, 4);
}

TEST_F(MessageQueueTest, AMessageWithoutACallerIsNotTried) {
  const auto queue = Make();
  const CancellationToken gone(SteadyNow());
  asio::io_context loop;
  absl::Status result;
  Start(
      loop.get_executor(), queue->Send(MessageOf(METHOD_TYPE_SMS)),
      [&result](Task<absl::Status> ended) { result = ended.TakeResult(); }, &gone);
  loop.run();
  EXPECT_EQ(result, absl::UnavailableError("the caller has gone"));
  EXPECT_THAT(SmsIds(), SizeIs(0));
}

TEST_F(MessageQueueTest, NoTryBeginsAfterThePatience) {
  limits_.patience = absl::ZeroDuration();
  EXPECT_THAT(Send(*Make()).message(), HasSubstr("too slow"));
  EXPECT_THAT(SmsIds(), SizeIs(0));
}

}  // namespace
}  // namespace twofold
