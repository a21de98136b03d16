#ifndef TWOFOLD_TESTS_FAKES_FORWARDING_STORAGE_H_
#define TWOFOLD_TESTS_FAKES_FORWARDING_STORAGE_H_

#include <string>
#include <utility>

#include "storage/storage.h"

namespace twofold {

// Hands every call on to a storage that must outlive it. Fakes override what they change.
class ForwardingStorage : public Storage {
 public:
  explicit ForwardingStorage(Storage& base) : base_(base) {}

  Task<absl::StatusOr<VersionedBytes>> Get(std::string key) override { return base_.Get(std::move(key)); }
  Task<absl::Status> Put(std::string key, std::string bytes, Version expected, Version next) override {
    return base_.Put(std::move(key), std::move(bytes), expected, next);
  }
  Task<absl::Status> Delete(std::string key, Version expected) override {
    return base_.Delete(std::move(key), expected);
  }
  Task<absl::StatusOr<ScanPage>> Scan(std::string cursor, int limit) override {
    return base_.Scan(std::move(cursor), limit);
  }
  Task<absl::Status> CheckReady() override { return base_.CheckReady(); }

 protected:
  Storage& base() { return base_; }

 private:
  Storage& base_;
};

}  // namespace twofold

#endif  // TWOFOLD_TESTS_FAKES_FORWARDING_STORAGE_H_
