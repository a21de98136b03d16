#ifndef TWOFOLD_TESTS_REDIS_HARNESS_REDIS_CLUSTER_H_
#define TWOFOLD_TESTS_REDIS_HARNESS_REDIS_CLUSTER_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/redis/harness/redis_process.h"

namespace twofold {

struct ClusterSetOptions {
  // Further lines of each node's configuration.
  std::vector<std::string> lines = {};
  // Of every node. Empty: none.
  std::string password = {};
  // How long a node is silent until another takes it for dead.
  absl::Duration node_timeout = absl::Milliseconds(1000);
};

// A slot under way from one master to another (ClusterSet::BeginMove).
struct SlotMove {
  int slot = 0;
  size_t from = 0;
  size_t to = 0;
};

// Six nodes: three masters, each with a replica, made by redis-cli. Replacing a dead master takes
// node_timeout and about two seconds. Not thread-safe. Aborts when something does not come up.
class ClusterSet {
 public:
  static constexpr size_t kNodes = 6;
  static constexpr size_t kMasters = 3;
  static constexpr int kSlots = 16384;

  // Returns when every node has the state "ok", knows all others, and the replicas are in step.
  explicit ClusterSet(ClusterSetOptions options = {});

  RedisProcess& node(size_t i) { return *nodes_[i]; }
  // host:port of each.
  std::vector<std::string> addresses() const;

  // The slot of a key, by this process's own arithmetic: Redis is not asked.
  static int KeySlot(const std::string& key);

  // The master of a slot, as the first node that runs says; kNodes when nobody is.
  size_t MasterOf(int slot) const;
  // The same, as one node says, which may know better or worse.
  size_t MasterOf(int slot, size_t asked) const;
  // All masters that have slots and run, as the first node that runs says.
  std::vector<size_t> Masters() const;

  // kill -9 of a slot's master; which node that was.
  size_t KillMaster(int slot);
  // Waits until all nodes that run name the same master for the slot, another than `old`, and are
  // ok; which node that is.
  size_t AwaitNewMaster(int slot, size_t old, absl::Duration limit = absl::Seconds(30));
  // Waits until every node that runs has the state "ok" and every replica that runs is in step.
  // Right after a kill the others do not know yet: AwaitNewMaster first.
  void AwaitOk();

  // Moving a slot, in steps: between them clients see ASK for keys that have moved, TRYAGAIN for
  // several keys that are apart, and after the last MOVED.
  SlotMove BeginMove(int slot, size_t to);
  // Moves at most `limit` keys; how many.
  int MoveKeys(const SlotMove& move, int limit = 1000000);
  // Gives the slot to its new master, and tells all masters. The keys must have moved.
  void FinishMove(const SlotMove& move);
  // All three.
  void MoveSlot(int slot, size_t to);

 private:
  std::string Ask(size_t i, const std::vector<std::string>& arguments) const;
  void Expect(size_t i, const std::vector<std::string>& arguments, const std::string& reply) const;
  std::string IdOf(size_t i) const;
  size_t FirstRunning() const;
  bool IsOk(size_t i) const;
  bool InStep(size_t i) const;
  bool RolesKnownTo(size_t asked) const;
  // Masters thought to live that have the slot, or any slot.
  std::vector<size_t> OwnersAsSaidBy(size_t asked, std::optional<int> slot) const;
  std::string Logs() const;

  const ClusterSetOptions options_;
  std::vector<std::unique_ptr<RedisProcess>> nodes_;
};

}  // namespace twofold

#endif  // TWOFOLD_TESTS_REDIS_HARNESS_REDIS_CLUSTER_H_
