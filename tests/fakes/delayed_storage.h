#ifndef TWOFOLD_TESTS_FAKES_DELAYED_STORAGE_H_
#define TWOFOLD_TESTS_FAKES_DELAYED_STORAGE_H_

#include <string>
#include <utility>

#include "tests/fakes/delay_thread.h"
#include "tests/fakes/forwarding_storage.h"

namespace twofold {

// A slow storage. A call takes effect at once and is answered `delay` later, without blocking the
// caller's thread.
class DelayedStorage final : public ForwardingStorage {
 public:
  DelayedStorage(Storage& base, absl::Duration delay) : ForwardingStorage(base), delay_(delay) {}

  Task<absl::StatusOr<VersionedBytes>> Get(std::string key) override {
    auto result = co_await base().Get(std::move(key));
    co_await thread_.Sleep(delay_);
    co_return result;
  }

  Task<absl::Status> Put(std::string key, std::string bytes, Version expected, Version next) override {
    auto result = co_await base().Put(std::move(key), std::move(bytes), expected, next);
    co_await thread_.Sleep(delay_);
    co_return result;
  }

  Task<absl::Status> Delete(std::string key, Version expected) override {
    auto result = co_await base().Delete(std::move(key), expected);
    co_await thread_.Sleep(delay_);
    co_return result;
  }

  Task<absl::StatusOr<ScanPage>> Scan(std::string cursor, int limit) override {
    auto result = co_await base().Scan(std::move(cursor), limit);
    co_await thread_.Sleep(delay_);
    co_return result;
  }

 private:
  const absl::Duration delay_;
  DelayThread thread_;
};

}  // namespace twofold

#endif  // TWOFOLD_TESTS_FAKES_DELAYED_STORAGE_H_
