#ifndef TWOFOLD_BENCH_SERVER_STORAGE_STEPS_H_
#define TWOFOLD_BENCH_SERVER_STORAGE_STEPS_H_

#include <atomic>
#include <cstdint>

#include "absl/status/status.h"
#include "common/async.h"
#include "storage/attempt_gate.h"
#include "storage/storage.h"

namespace twofold::bench {

// Does what a login asks of its storage and limiter, and nothing else. A step counts an attempt,
// reads one user's record and writes it again under another version. Thread-safe once it has a
// storage.
class StorageSteps {
 public:
  // `storage` and `gate` must outlive all steps.
  void Use(Storage& storage, AttemptGate& gate) {
    storage_ = &storage;
    gate_ = &gate;
  }
  void SetSubjects(int64_t subjects) { subjects_ = subjects; }

  // One step for the next user, in a scattered order. Start it by Spawn with in_flight().
  // FAILED_PRECONDITION: there are no users, or End was called.
  Task<absl::Status> Next();
  InFlight& in_flight() { return in_flight_; }

  // Blocks until no step is under way, and lets no more begin.
  void End();

 private:
  Storage* storage_ = nullptr;
  AttemptGate* gate_ = nullptr;
  std::atomic<int64_t> subjects_ = 0;
  std::atomic<int64_t> made_ = 0;
  InFlight in_flight_;
};

}  // namespace twofold::bench

#endif  // TWOFOLD_BENCH_SERVER_STORAGE_STEPS_H_
