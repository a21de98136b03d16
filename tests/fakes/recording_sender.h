#ifndef TWOFOLD_TESTS_FAKES_RECORDING_SENDER_H_
#define TWOFOLD_TESTS_FAKES_RECORDING_SENDER_H_

#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "server/delivery/message_sender.h"

namespace twofold {

// Keeps what it is given, so that tests of the rules can read the codes. Thread-safe.
class RecordingSender final : public MessageSender {
 public:
  Task<absl::Status> Send(Message message) override {
    absl::MutexLock lock(&mutex_);
    sent_.push_back(std::move(message));
    co_return result_;
  }

  // From now on Send returns `result`.
  void Answer(absl::Status result) {
    absl::MutexLock lock(&mutex_);
    result_ = std::move(result);
  }

  std::vector<Message> sent() const {
    absl::MutexLock lock(&mutex_);
    return sent_;
  }

 private:
  mutable absl::Mutex mutex_;
  absl::Status result_ ABSL_GUARDED_BY(mutex_);
  std::vector<Message> sent_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace twofold

#endif  // TWOFOLD_TESTS_FAKES_RECORDING_SENDER_H_
