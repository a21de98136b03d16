#ifndef TWOFOLD_TESTS_FAKES_HOOKED_STORAGE_H_
#define TWOFOLD_TESTS_FAKES_HOOKED_STORAGE_H_

#include <functional>
#include <string>
#include <utility>

#include "tests/fakes/forwarding_storage.h"

namespace twofold {

// Calls hooks around operations, so that a test can count them or put a competing write between
// them. Set the hooks before the first call. They run on the caller's thread, and may use the base
// storage through SyncWait.
class HookedStorage final : public ForwardingStorage {
 public:
  using Hook = std::function<void(const std::string& key)>;
  using ForwardingStorage::ForwardingStorage;

  Hook before_get;
  // Called when the record is read and not yet handed to the caller.
  Hook after_get;
  Hook before_put;
  // Called when the record is written and the caller does not know yet.
  Hook after_put;

  Task<absl::StatusOr<VersionedBytes>> Get(std::string key) override {
    if (before_get) before_get(key);
    auto result = co_await base().Get(key);
    if (after_get) after_get(key);
    co_return result;
  }

  Task<absl::Status> Put(std::string key, std::string bytes, Version expected, Version next) override {
    if (before_put) before_put(key);
    auto result = co_await base().Put(key, std::move(bytes), expected, next);
    if (after_put) after_put(key);
    co_return result;
  }
};

}  // namespace twofold

#endif  // TWOFOLD_TESTS_FAKES_HOOKED_STORAGE_H_
