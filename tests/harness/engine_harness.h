#ifndef TWOFOLD_TESTS_HARNESS_ENGINE_HARNESS_H_
#define TWOFOLD_TESTS_HARNESS_ENGINE_HARNESS_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/async.h"
#include "crypto/key_ring.h"
#include "server/builtins.h"
#include "server/engine/engine.h"
#include "server/errors.h"
#include "server/store/lease.h"
#include "storage/opened_storage.h"
#include "storage/rate_limiter.h"
#include "storage/storage.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/forward_clock.h"
#include "tests/fakes/recording_sender.h"
#include "tests/harness/engine_calls.h"

namespace twofold {

// The server's defaults.
Limits DefaultLimits();
// Every guard against guessing as far open as it goes, so that a test shows what the one it is about does
// alone.
Limits OpenLimits();

// Security keys of https://example.org, SMS to +49 and +1, and e-mail.
MethodSettings TestMethodSettings();

// A whole server without its ports: real storage, limiter and key ring, a clock that the test moves. Calls
// may be made from any number of threads.
class EngineHarness {
 public:
  using Wrapper = std::function<std::unique_ptr<Storage>(std::unique_ptr<Storage>)>;

  // `storage_uri` is "memory:", "sqlite:" in a new temporary folder, or "redis:", which empties the one
  // server that all harnesses of a process share; there attempts are counted beside the records, unless
  // `wrap` hides that. `wrap` puts a fake around the storage.
  explicit EngineHarness(const std::string& storage_uri, const Limits& limits = DefaultLimits(),
                         Wrapper wrap = nullptr);
  // With types of methods of the test's own.
  EngineHarness(const std::string& storage_uri, const Limits& limits, Wrapper wrap,
                Authenticators authenticators);
  ~EngineHarness();

  template <typename Request>
  auto Call(const Request& request) {
    CallFacts facts;
    return Call(facts, request);
  }
  template <typename Request>
  auto Call(CallFacts& facts, const Request& request) {
    auto flow = Handle(*engine_, facts, request);
    return SyncWait(std::move(flow));
  }
  // As a caller that may be given codes that it sends itself.
  template <typename Request>
  auto CallAsCarrier(const Request& request) {
    CallFacts facts;
    auto flow = Handle(*engine_, facts, request, CallerRights{.may_receive_codes = true});
    return SyncWait(std::move(flow));
  }
  // The flow itself, for many calls at once on one thread; `facts` and the harness outlive it.
  template <typename Request>
  auto Start(CallFacts& facts, const Request& request) {
    return Handle(*engine_, facts, request);
  }

  // A new process: all that was only in memory is gone, and the limiter's buckets are full. With memory: the
  // storage itself stays.
  void Restart();
  void Restart(const Limits& limits);
  // The running server uses another key ring from now on.
  void ReplaceRing(std::unique_ptr<KeyRing> ring);

  Engine& engine() { return *engine_; }
  FakeClock& clock() { return clock_; }
  Storage& storage() { return *storage_; }
  const KeyRing& ring() const { return *ring_; }
  const std::shared_ptr<const KeyRing>& shared_ring() const { return ring_; }
  Limits& limits() { return limits_; }
  // Draws one at a time, and two may be there.
  WorkPool& pictures() { return *pictures_; }
  const std::string& store_id() const { return store_id_; }
  // Held as long as no test ends it.
  StoreLease& lease() { return lease_; }
  // Has the codes that were sent.
  RecordingSender& sender() { return sender_; }
  // Of sqlite:.
  const std::string& database_path() const { return path_; }

 private:
  void OpenStorage();
  void Build();

  const std::string uri_;
  const Wrapper wrap_;
  std::string folder_;
  std::string path_;
  Limits limits_;
  FakeClock clock_;
  ForwardClock redis_clock_{clock_};
  std::shared_ptr<const KeyRing> ring_;
  // Without its storage, and without limiter and gate where the storage is wrapped.
  OpenedStorage opened_;
  std::unique_ptr<Storage> storage_;
  std::string store_id_;
  StoreLease lease_;
  Authenticators authenticators_;
  std::unique_ptr<RateLimiter> limiter_;
  std::unique_ptr<AttemptGate> gate_;
  std::unique_ptr<WorkPool> pool_;
  std::unique_ptr<WorkPool> pictures_;
  RecordingSender sender_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace twofold

#endif  // TWOFOLD_TESTS_HARNESS_ENGINE_HARNESS_H_
