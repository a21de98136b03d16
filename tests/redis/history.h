#ifndef TWOFOLD_TESTS_REDIS_HISTORY_H_
#define TWOFOLD_TESTS_REDIS_HISTORY_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "storage/storage.h"

namespace twofold {

// What callers asked of one record and were told, and whether a storage that keeps its promises can
// have said so. Every Put has a version of its own, so the versions that the record really had form
// a chain: each was put with the one before as expected.
//
// Thread-safe.
class RecordHistory {
 public:
  struct Put {
    Version expected = kAbsent;
    Version next = kAbsent;
    absl::Time begin;
    absl::Time end;
    absl::StatusCode code = absl::StatusCode::kOk;
  };
  struct Got {
    Version version = kAbsent;  // kAbsent: NOT_FOUND.
    absl::Time begin;
    absl::Time end;
  };

  void Add(const Put& put);
  void Add(const Got& got);

  // Everything that is wrong, in sentences, given that `last` is the version at the end. No flow is
  // under way.
  std::vector<std::string> Check(Version last) const;

 private:
  mutable absl::Mutex mutex_;
  std::vector<Put> puts_ ABSL_GUARDED_BY(mutex_);
  std::vector<Got> gets_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace twofold

#endif  // TWOFOLD_TESTS_REDIS_HISTORY_H_
