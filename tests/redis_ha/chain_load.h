#ifndef TWOFOLD_TESTS_REDIS_HA_CHAIN_LOAD_H_
#define TWOFOLD_TESTS_REDIS_HA_CHAIN_LOAD_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <ostream>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "asio/io_context.hpp"
#include "common/async.h"
#include "storage/storage.h"

namespace twofold {

struct ChainLoadOptions {
  // Chains that grow at the same time, each by one flow of each storage.
  int chains = 32;
  // Of a record beside its chain, so that buffers fill sooner.
  size_t padding = 0;
  // The key of the n-th chain; a chain that has become long is followed by a new one.
  std::function<std::string(int)> key_of;
};

// What came of it. All after the first three are promises that were broken.
struct ChainVerdict {
  int64_t acknowledged = 0;
  int64_t reads = 0;
  int64_t unavailable = 0;        // Puts and Gets that were refused.
  int64_t lost = 0;               // Acknowledged, and not in the chain.
  int64_t undone = 0;             // A version that was replaced twice with success.
  int64_t out_of_order = 0;       // In the chain, but not after the version that it replaced.
  int64_t phantoms = 0;           // In the chain, although "certainly not written" was said.
  int64_t stale_reads = 0;        // A Get that began after an acknowledgement and did not show it.
  std::set<std::string> strange;  // Answers that storage.h does not allow.
  std::set<std::string> reasons;  // Why Puts and Gets were refused.

  bool NothingBroken() const {
    return lost + undone + out_of_order + phantoms + stale_reads == 0 && strange.empty();
  }
};
std::ostream& operator<<(std::ostream& out, const ChainVerdict& verdict);

// Load that proves afterwards what a storage has kept. Each record holds the list of all versions
// that it ever had: whoever writes reads the list, adds the next version, and puts it back by
// compare-and-swap.
//
// Each storage has a thread with a flow for each chain. Storages outlive the load.
class ChainLoad {
 public:
  // Begins at once.
  ChainLoad(const std::vector<Storage*>& storages, ChainLoadOptions options);
  // Stops.
  ~ChainLoad();
  ChainLoad(const ChainLoad&) = delete;
  ChainLoad& operator=(const ChainLoad&) = delete;

  // Puts acknowledged so far.
  int64_t acknowledged() const { return acknowledged_; }
  // From now on EveryChainGrew asks for what began later.
  void Mark();
  // Whether every chain, from every storage, had a Put acknowledged that began after Mark.
  bool EveryChainGrew() const;

  // Ends the flows after the call that each is in. Idempotent.
  void Stop();
  // Reads every chain, waiting for it up to ten seconds, and compares. After Stop.
  ChainVerdict Check(Storage& storage);

 private:
  // A record, and what is known of it.
  struct Chain {
    std::string key;
    std::map<Version, Version> acknowledged;  // To the version that it replaced.
    std::vector<Version> refused;             // "Certainly not written".
    Version latest = kAbsent;                 // The last one that was acknowledged.
    int64_t stale_reads = 0;
  };
  struct Flow {
    Storage* storage;
    size_t chain;
    std::atomic<int64_t> grew_in{0};
  };
  // What a Get has shown.
  struct Seen {
    Version version = kAbsent;
    std::vector<Version> versions;
  };

  Task<absl::StatusOr<bool>> Grow(Flow& flow);
  Task<bool> Extend(Flow& flow, Chain& chain, Seen seen);
  Chain& Current(size_t index);
  Chain& After(size_t index, const Chain& old);
  bool Note(Chain& chain, const absl::Status& put, Version expected, Version next);
  void NoteRead(Chain& chain, Version latest_before, const Seen& seen);
  void Refused(const absl::Status& status);
  void Strange(const absl::Status& status, absl::string_view of);
  Version NewVersion();

  const ChainLoadOptions options_;
  std::atomic<bool> stop_{false};
  std::atomic<int64_t> acknowledged_{0};
  std::atomic<int64_t> reads_{0};
  std::atomic<int64_t> unavailable_{0};
  std::atomic<int64_t> mark_{0};

  mutable absl::Mutex mutex_;
  // Elements stay where they are.
  std::deque<Chain> chains_ ABSL_GUARDED_BY(mutex_);
  std::vector<Chain*> current_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> strange_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> reasons_ ABSL_GUARDED_BY(mutex_);
  std::mt19937_64 random_ ABSL_GUARDED_BY(mutex_);

  std::deque<Flow> flows_;
  InFlight in_flight_;
  std::vector<std::thread> threads_;
};

}  // namespace twofold

#endif  // TWOFOLD_TESTS_REDIS_HA_CHAIN_LOAD_H_
