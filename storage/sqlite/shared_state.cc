#include "storage/sqlite/shared_state.h"

namespace twofold {

std::optional<VersionedBytes> SharedState::Cached(absl::string_view key) {
  if (!in_use_.load(std::memory_order_acquire)) return std::nullopt;
  std::optional<VersionedBytes> cached = cache.Find(key);
  if (cached.has_value()) counters.cached_reads.fetch_add(1, std::memory_order_relaxed);
  return cached;
}

absl::Status SharedState::Usable() const {
  absl::MutexLock lock(&mutex_);
  return usable_;
}

void SharedState::Refuse(const absl::Status& why) {
  absl::MutexLock lock(&mutex_);
  usable_ = why;
  in_use_.store(why.ok(), std::memory_order_release);
}

void SharedState::Resume() {
  absl::MutexLock lock(&mutex_);
  usable_ = absl::OkStatus();
  in_use_.store(true, std::memory_order_release);
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
  stop_.Set();
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

bool SharedState::Pause(absl::Duration duration) { return !stop_.WaitFor(duration); }

}  // namespace twofold
