#include "storage/sqlite/shared_state.h"

namespace twofold {

absl::Status SharedState::Usable() const {
  absl::MutexLock lock(&mutex_);
  return usable_;
}

void SharedState::Refuse(const absl::Status& why) {
  absl::MutexLock lock(&mutex_);
  usable_ = why;
}

void SharedState::Resume() {
  absl::MutexLock lock(&mutex_);
  usable_ = absl::OkStatus();
}

absl::Status SharedState::last_write() const {
  absl::MutexLock lock(&mutex_);
  return last_write_;
}

void SharedState::set_last_write(const absl::Status& status) {
  absl::MutexLock lock(&mutex_);
  last_write_ = status;
}

void SharedState::RequestCheckpoint() {
  absl::MutexLock lock(&mutex_);
  checkpoint_requested_ = true;
}

void SharedState::Stop() {
  absl::MutexLock lock(&mutex_);
  stopping_ = true;
}

SharedState::Work SharedState::WaitForWork() {
  absl::MutexLock lock(&mutex_, absl::Condition(this, &SharedState::HasWork));
  if (stopping_) return Work::kStop;
  if (!usable_.ok()) return Work::kReopen;
  checkpoint_requested_ = false;
  return Work::kCheckpoint;
}

bool SharedState::Pause(absl::Duration duration) {
  absl::MutexLock lock(&mutex_);
  return !mutex_.AwaitWithTimeout(absl::Condition(&stopping_), duration);
}

}  // namespace twofold
