#include "common/worker_thread.h"

#include <memory>

#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"

namespace twofold {
namespace {

TEST(WorkerThread, BatchesItemsThatQueuedMeanwhile) {
  absl::Notification first_taken;
  absl::Notification go_on;
  std::vector<size_t> batch_sizes;
  {
    WorkerThread<int> worker(100, [&](std::vector<int> batch) {
      batch_sizes.push_back(batch.size());
      if (batch_sizes.size() > 1) return;
      first_taken.Notify();
      go_on.WaitForNotification();
    });
    int item = 0;
    ASSERT_TRUE(worker.TryPush(item));
    first_taken.WaitForNotification();
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(worker.TryPush(item));
    go_on.Notify();
  }
  EXPECT_EQ(batch_sizes, (std::vector<size_t>{1, 10}));
}

TEST(WorkerThread, RefusesWhenFullAndLeavesTheItem) {
  absl::Notification taken;
  absl::Notification go_on;
  WorkerThread<std::unique_ptr<int>> worker(1, [&](std::vector<std::unique_ptr<int>>) {
    if (taken.HasBeenNotified()) return;
    taken.Notify();
    go_on.WaitForNotification();
  });
  auto item = std::make_unique<int>(1);
  ASSERT_TRUE(worker.TryPush(item));
  taken.WaitForNotification();
  item = std::make_unique<int>(2);
  ASSERT_TRUE(worker.TryPush(item));
  item = std::make_unique<int>(3);
  EXPECT_FALSE(worker.TryPush(item));
  EXPECT_NE(item, nullptr);
  go_on.Notify();
}

TEST(WorkerThread, HandlesTheRestBeforeItEnds) {
  int handled = 0;
  {
    WorkerThread<int> worker(
        1000, [&](const std::vector<int>& batch) { handled += static_cast<int>(batch.size()); });
    for (int i = 0; i < 500; ++i) ASSERT_TRUE(worker.TryPush(i));
  }
  EXPECT_EQ(handled, 500);
}

}  // namespace
}  // namespace twofold
