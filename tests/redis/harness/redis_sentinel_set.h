#ifndef TWOFOLD_TESTS_REDIS_HARNESS_REDIS_SENTINEL_SET_H_
#define TWOFOLD_TESTS_REDIS_HARNESS_REDIS_SENTINEL_SET_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/redis/harness/redis_process.h"

namespace twofold {

struct SentinelSetOptions {
  // The name under which the sentinels know the master.
  std::string name = "twofold";
  // Further lines of the configuration of master and replicas, and of the sentinels.
  std::vector<std::string> node_lines = {};
  std::vector<std::string> sentinel_lines = {};
  // Of master and replicas, and of the sentinels. Empty: none.
  std::string password = {};
  std::string sentinel_password = {};
  // How long a master is silent until a sentinel takes it for dead.
  absl::Duration down_after = absl::Milliseconds(600);
};

// A master with two replicas, and three sentinels of which two must agree. A failover takes
// down_after and one to three seconds. Not thread-safe. Aborts when something does not come up.
class SentinelSet {
 public:
  static constexpr size_t kNodes = 3;
  static constexpr size_t kSentinels = 3;

  // Returns when the replicas are in step and every sentinel knows them and the other sentinels.
  // Node 0 is the master then.
  explicit SentinelSet(SentinelSetOptions options = {});

  const std::string& name() const { return options_.name; }
  // host:port of each.
  std::vector<std::string> sentinel_addresses() const;

  RedisProcess& node(size_t i) { return *nodes_[i]; }
  RedisProcess& sentinel(size_t i) { return *sentinels_[i]; }

  // host:port of the master, as the first sentinel that runs says; empty when none answers.
  std::string MasterAddress() const;
  // The node at that address.
  size_t Master() const;

  // kill -9 of the present master; which node that was.
  size_t KillMaster();
  // Waits until the sentinels that run name the same master, another than node `old`, and it says
  // so too; which node that is.
  size_t AwaitNewMaster(size_t old, absl::Duration limit = absl::Seconds(30));
  // Starts a dead node, makes it a replica of the present master at once, and waits until it is in
  // step.
  void RestartAsReplica(size_t i);
  // Waits until a node is a replica in step. After a mere node(i).Start(), a former master takes
  // writes, which will be lost, until the sentinels demote it after some eight seconds.
  void AwaitReplica(size_t i);

 private:
  void AwaitSentinels();
  std::string Logs() const;

  const SentinelSetOptions options_;
  std::vector<std::unique_ptr<RedisProcess>> nodes_;
  std::vector<std::unique_ptr<RedisProcess>> sentinels_;
};

}  // namespace twofold

#endif  // TWOFOLD_TESTS_REDIS_HARNESS_REDIS_SENTINEL_SET_H_
