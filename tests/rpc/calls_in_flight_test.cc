// Calls in flight: how many there may be, and how they end.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <iostream>
#include <set>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "common/async.h"
#include "common/loop_iteration.h"
#include "server/errors.h"
#include "tests/fakes/delay_thread.h"
#include "tests/fakes/delayed_storage.h"
#include "tests/fakes/forwarding_storage.h"
#include "tests/harness/await.h"
#include "tests/rpc/rpc_harness.h"

namespace twofold {
namespace {

struct Held {
  Held(std::unique_ptr<Storage> base_in, absl::Duration delay)
      : base(std::move(base_in)), slow(*base, delay) {}

  std::unique_ptr<Storage> base;
  DelayedStorage slow;
};

// A delayed storage that owns what it delays.
class OwningDelayedStorage final : private Held, public ForwardingStorage {
 public:
  OwningDelayedStorage(std::unique_ptr<Storage> base, absl::Duration delay)
      : Held(std::move(base), delay), ForwardingStorage(static_cast<Storage&>(slow)) {}
};

// Every read takes the request thread that long.
class BusyStorage final : private Held, public ForwardingStorage {
 public:
  BusyStorage(std::unique_ptr<Storage> base_in, absl::Duration busy)
      : Held(std::move(base_in), absl::ZeroDuration()), ForwardingStorage(*Held::base), busy_(busy) {}

  Task<absl::StatusOr<VersionedBytes>> Get(std::string key) override {
    absl::SleepFor(busy_);
    auto read = ForwardingStorage::base().Get(std::move(key));
    co_return co_await std::move(read);
  }

 private:
  const absl::Duration busy_;
};

// Holds up every read until the test lets go, and counts the reads whose cancellation token has ended.
class CancellationObserver final : private Held, public ForwardingStorage {
 public:
  struct Seen {
    std::atomic<bool> let_go{false};
    std::atomic<int> reading{0};
    std::atomic<int> cancelled_reads{0};
  };
  CancellationObserver(std::unique_ptr<Storage> base_in, Seen& seen)
      : Held(std::move(base_in), absl::ZeroDuration()), ForwardingStorage(*Held::base), seen_(seen) {}

  Task<absl::StatusOr<VersionedBytes>> Get(std::string key) override {
    const TaskRun& run = co_await CurrentRun();
    ++seen_.reading;
    bool token_lasts = true;
    while (!seen_.let_go) {
      co_await pause_.Sleep(absl::Milliseconds(1));
      if (!token_lasts || run.token()->Lasts(std::chrono::steady_clock::now())) continue;
      token_lasts = false;
      ++seen_.cancelled_reads;
    }
    auto read = ForwardingStorage::base().Get(std::move(key));
    co_return co_await std::move(read);
  }

 private:
  Seen& seen_;
  DelayThread pause_;
};

// Answers the next read in the middle of a loop iteration. The iteration goes on until the test has seen the
// server's end, or for a while.
class LongIteration final : private Held, public ForwardingStorage {
 public:
  struct Seen {
    std::atomic<bool> next{false};
    absl::Notification answered;
    absl::Notification server_ended;
    std::atomic<bool> iteration_ended{false};
  };
  LongIteration(std::unique_ptr<Storage> base_in, Seen& seen)
      : Held(std::move(base_in), absl::ZeroDuration()), ForwardingStorage(*Held::base), seen_(seen) {}
  ~LongIteration() override {
    if (thread_.joinable()) thread_.join();
  }

  Task<absl::StatusOr<VersionedBytes>> Get(std::string key) override {
    if (seen_.next.exchange(false)) {
      auto start = [this](Completion<bool> done) {
        thread_ = std::thread([this, done = std::move(done)]() mutable {
          const LoopIteration iteration;
          std::move(done)(true);
          seen_.answered.Notify();
          seen_.server_ended.WaitForNotificationWithTimeout(absl::Milliseconds(300));
          seen_.iteration_ended = true;
        });
      };
      co_await Await<bool>(std::move(start));
    }
    auto read = ForwardingStorage::base().Get(std::move(key));
    co_return co_await std::move(read);
  }

 private:
  Seen& seen_;
  std::thread thread_;
};

class CallsInFlight : public ::testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Storages, CallsInFlight, ::testing::Values("memory:", "sqlite:", "redis:"),
                         [](const auto& instance) {
                           const std::string uri(instance.param);
                           return uri.substr(0, uri.size() - 1);
                         });

EngineHarness::Wrapper SlowStorage(absl::Duration delay) {
  return [delay](std::unique_ptr<Storage> base) -> std::unique_ptr<Storage> {
    return std::make_unique<OwningDelayedStorage>(std::move(base), delay);
  };
}

struct PendingList {
  grpc::ClientContext context;
  v1::ListMethodsResponse response;
  grpc::Status status;
  std::unique_ptr<grpc::ClientAsyncResponseReader<v1::ListMethodsResponse>> reader;
};

// All of them, ended.
std::vector<std::unique_ptr<PendingList>> ListAtOnce(RpcHarness& harness, int count) {
  grpc::CompletionQueue queue;
  std::vector<std::unique_ptr<PendingList>> calls;
  const auto channel = harness.NewChannel();
  EXPECT_TRUE(channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(10)));
  const auto stub = v1::TwoFactorService::NewStub(channel);
  v1::ListMethodsRequest request;
  request.set_user_id("nobody");
  for (int i = 0; i < count; ++i) {
    PendingList& call = *calls.emplace_back(std::make_unique<PendingList>());
    call.reader = stub->AsyncListMethods(&call.context, request, &queue);
    call.reader->Finish(&call.response, &call.status, &call);
  }
  for (size_t i = 0; i < calls.size(); ++i) {
    void* tag = nullptr;
    bool ok = false;
    EXPECT_TRUE(queue.Next(&tag, &ok));
  }
  return calls;
}

TEST_P(CallsInFlight, FiveHundredCallsInFlightOnSlowStorageShareTheRequestThread) {
  constexpr int kCalls = 500;
  const absl::Duration delay = absl::Milliseconds(200);
  RpcHarness harness(GetParam(), OpenLimits(), SlowStorage(delay));
  // Connects.
  ListAtOnce(harness, 1);
  const absl::Time begin = absl::Now();
  for (const auto& call : ListAtOnce(harness, kCalls)) EXPECT_TRUE(call->status.ok());
  const absl::Duration took = absl::Now() - begin;
  std::cout << kCalls << " calls took " << took << "\n";
  // Each call waits twice (its record, the store's marker); one after the other they would take 200 s.
  EXPECT_GE(took, 2 * delay);
  EXPECT_LT(took, absl::Seconds(20));
}

TEST_P(CallsInFlight, WhatIsTooMuchIsRefusedAtOnceAndToldWhenToComeBack) {
  constexpr int kMost = 100;
  RpcHarness harness(GetParam(), OpenLimits(), SlowStorage(absl::Seconds(2)), kMost);
  int accepted = 0;
  std::set<int> pushbacks;
  for (const auto& call : ListAtOnce(harness, 3 * kMost)) {
    if (call->status.ok()) {
      ++accepted;
      continue;
    }
    EXPECT_EQ(call->status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
    const auto& trailer = call->context.GetServerTrailingMetadata();
    const auto pushback = trailer.find("grpc-retry-pushback-ms");
    ASSERT_NE(pushback, trailer.end());
    int millis = 0;
    ASSERT_TRUE(
        absl::SimpleAtoi(absl::string_view(pushback->second.data(), pushback->second.size()), &millis));
    pushbacks.insert(millis);
  }
  EXPECT_GT(accepted, kMost / 2);
  EXPECT_LE(accepted, kMost);
  // Not all at the same time.
  EXPECT_GT(pushbacks.size(), 10U);
  EXPECT_GE(*pushbacks.begin(), absl::ToInt64Milliseconds(kOverloadRetry) / 2);
  EXPECT_LE(*pushbacks.rbegin(), absl::ToInt64Milliseconds(kOverloadRetry) * 3 / 2);
}

// Were they told only when there is no room left, all that they send until they hear it would be refused.
TEST_P(CallsInFlight, SomeCallersAreToldToComeBackBeforeThereIsNoRoomLeft) {
  constexpr int kMost = 600;
  // As many as one connection has streams for, at most.
  constexpr int kCalls = 500;
  RpcHarness harness(GetParam(), OpenLimits(), SlowStorage(absl::Seconds(1)), kMost);
  int accepted = 0;
  for (const auto& call : ListAtOnce(harness, kCalls)) accepted += call->status.ok() ? 1 : 0;
  std::cout << accepted << " of " << kCalls << " were served\n";
  // Of the last 200 about one in four.
  EXPECT_GT(accepted, kMost / 2);
  EXPECT_LT(accepted, kCalls);
}

// They waited inside gRPC, which hands out 16 at a time, until they were served or had given up.
TEST_P(CallsInFlight, CallsThatAreTooManyWereNotSeenWhileOthersWereServed) {
  constexpr int kMost = 20;
  constexpr int kCalls = 400;
  RpcHarness harness(
      GetParam(), OpenLimits(),
      [](std::unique_ptr<Storage> base) -> std::unique_ptr<Storage> {
        return std::make_unique<BusyStorage>(std::move(base), absl::Milliseconds(2));
      },
      kMost);
  int accepted = 0;
  for (const auto& call : ListAtOnce(harness, kCalls)) accepted += call->status.ok() ? 1 : 0;
  std::cout << accepted << " of " << kCalls << " were served\n";
  EXPECT_GE(accepted, kMost / 2);
  EXPECT_LT(accepted, kCalls / 2);
}

TEST_P(CallsInFlight, StorageIsToldWhenNobodyWaitsForACallAnyMore) {
  CancellationObserver::Seen seen;
  seen.let_go = true;
  RpcHarness harness(GetParam(), OpenLimits(),
                     [&](std::unique_ptr<Storage> base) -> std::unique_ptr<Storage> {
                       return std::make_unique<CancellationObserver>(std::move(base), seen);
                     });
  EXPECT_TRUE(ListAtOnce(harness, 1).front()->status.ok());
  EXPECT_GT(seen.reading, 0);
  EXPECT_EQ(seen.cancelled_reads, 0);

  seen.let_go = false;
  seen.reading = 0;
  v1::ListMethodsRequest request;
  request.set_tenant("t");
  request.set_user_id("u");
  v1::ListMethodsResponse response;
  grpc::ClientContext cancelled;
  std::thread caller([&] {
    const grpc::Status status = harness.stub().ListMethods(&cancelled, request, &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::CANCELLED);
  });
  EXPECT_TRUE(Await(absl::Minutes(1), [&] { return seen.reading != 0; }));
  cancelled.TryCancel();
  caller.join();
  EXPECT_TRUE(Await(absl::Minutes(1), [&] { return seen.cancelled_reads != 0; }));

  grpc::ClientContext late;
  late.set_deadline(absl::ToChronoTime(absl::Now() + absl::Milliseconds(50)));
  EXPECT_EQ(harness.stub().ListMethods(&late, request, &response).error_code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_TRUE(Await(absl::Minutes(1), [&] { return seen.cancelled_reads != 1; }));
  seen.let_go = true;
}

// A thread wakes the request loop for an answer at the end of its own iteration, which may be after the
// answer was sent.
TEST_P(CallsInFlight, ShutdownWaitsForThreadsThatAreStillToWakeALoop) {
  LongIteration::Seen seen;
  RpcHarness harness(GetParam(), OpenLimits(),
                     [&](std::unique_ptr<Storage> base) -> std::unique_ptr<Storage> {
                       return std::make_unique<LongIteration>(std::move(base), seen);
                     });
  seen.next = true;
  grpc::Status status;
  std::thread caller([&] {
    grpc::ClientContext context;
    v1::ListMethodsRequest request;
    request.set_user_id("ann");
    v1::ListMethodsResponse response;
    status = harness.stub().ListMethods(&context, request, &response);
  });
  seen.answered.WaitForNotification();
  harness.server().Shutdown(absl::Seconds(10));
  EXPECT_TRUE(seen.iteration_ended);
  seen.server_ended.Notify();
  caller.join();
  EXPECT_TRUE(status.ok()) << status.error_message();
}

TEST_P(CallsInFlight, ShutdownFinishesWhatIsUnderWay) {
  RpcHarness harness(GetParam(), OpenLimits(), SlowStorage(absl::Milliseconds(100)));
  grpc::Status status;
  std::thread caller([&] {
    grpc::ClientContext context;
    v1::EnrollRequest request;
    request.set_user_id("ann");
    v1::EnrollResponse response;
    status = harness.stub().Enroll(&context, request, &response);
  });
  while (!absl::StrContains(harness.metrics().RenderText(), "twofold_in_flight 1")) std::this_thread::yield();
  harness.server().Shutdown(absl::Seconds(10));
  caller.join();
  EXPECT_TRUE(status.ok()) << status.error_message();
}

}  // namespace
}  // namespace twofold
