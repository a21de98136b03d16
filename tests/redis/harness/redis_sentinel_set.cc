#include "tests/redis/harness/redis_sentinel_set.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "tests/harness/await.h"
#include "tests/redis/harness/redis_command.h"
#include "tests/redis/harness/redis_process.h"

namespace twofold {
namespace {

constexpr absl::Duration kStartLimit = absl::Seconds(30);
constexpr int kQuorum = 2;

RedisOptions NodeOptions(const SentinelSetOptions& options, const RedisProcess* master) {
  RedisOptions node{.password = options.password};
  if (master != nullptr) node.lines.push_back(absl::StrCat("replicaof 127.0.0.1 ", master->port()));
  node.lines.insert(node.lines.end(), options.node_lines.begin(), options.node_lines.end());
  return node;
}

RedisOptions SentinelOptions(const SentinelSetOptions& options, const RedisProcess& master) {
  const std::string& name = options.name;
  const int64_t down_after = absl::ToInt64Milliseconds(options.down_after);
  RedisOptions sentinel{.password = options.sentinel_password, .sentinel = true};
  sentinel.lines = {
      absl::StrCat("sentinel monitor ", name, " 127.0.0.1 ", master.port(), " ", kQuorum),
      absl::StrCat("sentinel down-after-milliseconds ", name, " ", down_after),
      // An election that nobody won is repeated after twice this time.
      absl::StrCat("sentinel failover-timeout ", name, " 1500"),
      absl::StrCat("sentinel parallel-syncs ", name, " 2"),
  };
  if (!options.password.empty()) {
    sentinel.lines.push_back(absl::StrCat("sentinel auth-pass ", name, " ", options.password));
  }
  sentinel.lines.insert(sentinel.lines.end(), options.sentinel_lines.begin(), options.sentinel_lines.end());
  return sentinel;
}

}  // namespace

SentinelSet::SentinelSet(SentinelSetOptions options) : options_(std::move(options)) {
  for (size_t i = 0; i < kNodes; ++i) {
    const RedisProcess* master = i == 0 ? nullptr : nodes_[0].get();
    nodes_.push_back(std::make_unique<RedisProcess>(NodeOptions(options_, master)));
  }
  // Sentinels find replicas in what the master says when they start, and only ten seconds later
  // again.
  for (size_t i = 1; i < kNodes; ++i) AwaitReplica(i);
  // Something to replicate that leaves no data: a replica whose offset is 0 is a bad candidate.
  RedisConnection master(nodes_[0]->port(), options_.password);
  master.Command({"PUBLISH", "twofold-test", "begin"});
  master.Command({"WAIT", absl::StrCat(kNodes - 1), "5000"});
  for (size_t i = 0; i < kSentinels; ++i) {
    sentinels_.push_back(std::make_unique<RedisProcess>(SentinelOptions(options_, *nodes_[0])));
  }
  AwaitSentinels();
}

std::vector<std::string> SentinelSet::sentinel_addresses() const {
  std::vector<std::string> addresses;
  for (const auto& sentinel : sentinels_) addresses.push_back(sentinel->address());
  return addresses;
}

void SentinelSet::AwaitReplica(size_t i) {
  const auto in_step = [&] {
    const std::string state = nodes_[i]->Command({"INFO", "replication"});
    return absl::StrContains(state, "role:slave") && absl::StrContains(state, "master_link_status:up");
  };
  AwaitOrAbort(absl::StrCat("node ", i, " is a replica in step"), kStartLimit, in_step,
               [&] { return Logs(); });
}

void SentinelSet::AwaitSentinels() {
  const std::string& name = options_.name;
  const auto agree = [&] {
    return std::all_of(sentinels_.begin(), sentinels_.end(), [&](const auto& sentinel) {
      const std::string master = sentinel->Command({"SENTINEL", "MASTER", name});
      const std::string replicas = sentinel->Command({"SENTINEL", "REPLICAS", name});
      return absl::StrContains(master, absl::StrCat("\nnum-slaves\n", kNodes - 1, "\n")) &&
             absl::StrContains(master, absl::StrCat("\nnum-other-sentinels\n", kSentinels - 1, "\n")) &&
             // A replica that was not asked yet cannot be chosen.
             !absl::StrContains(replicas, "disconnected") &&
             !absl::StrContains(replicas, "\nslave-repl-offset\n0\n") &&
             absl::StartsWith(sentinel->Command({"SENTINEL", "CKQUORUM", name}), "OK 3 usable");
    });
  };
  AwaitOrAbort("the sentinels know replicas and each other", kStartLimit, agree, [&] { return Logs(); });
}

std::string SentinelSet::MasterAddress() const {
  for (const auto& sentinel : sentinels_) {
    if (!sentinel->running()) continue;
    const std::string reply = sentinel->Command({"SENTINEL", "GET-MASTER-ADDR-BY-NAME", options_.name});
    if (!absl::StartsWith(reply, "(")) return absl::StrReplaceAll(reply, {{"\n", ":"}});
  }
  return "";
}

size_t SentinelSet::Master() const {
  const std::string address = MasterAddress();
  const auto is_it = [&](const auto& node) { return node->address() == address; };
  const auto node = std::find_if(nodes_.begin(), nodes_.end(), is_it);
  if (node != nodes_.end()) return static_cast<size_t>(node - nodes_.begin());
  std::cerr << "no node has the master's address " << address << "\n" << Logs();
  std::abort();
}

size_t SentinelSet::KillMaster() {
  const size_t master = Master();
  nodes_[master]->Kill();
  return master;
}

size_t SentinelSet::AwaitNewMaster(size_t old, absl::Duration limit) {
  std::optional<size_t> found;
  const auto agreed = [&] {
    found.reset();
    for (const auto& sentinel : sentinels_) {
      if (!sentinel->running()) continue;
      const std::string said = sentinel->Command({"SENTINEL", "GET-MASTER-ADDR-BY-NAME", options_.name});
      for (size_t i = 0; i < kNodes; ++i) {
        if (absl::StrReplaceAll(said, {{"\n", ":"}}) != nodes_[i]->address()) continue;
        if (i == old || (found.has_value() && *found != i)) return false;
        found = i;
      }
    }
    return found.has_value() && absl::StartsWith(nodes_[*found]->Command({"ROLE"}), "master");
  };
  AwaitOrAbort("there is a new master", limit, agreed, [&] { return Logs(); });
  return *found;
}

void SentinelSet::RestartAsReplica(size_t i) {
  const RedisProcess& master = *nodes_[Master()];
  nodes_[i]->Start();
  const std::vector<std::string> follow = {"REPLICAOF", RedisProcess::host(), absl::StrCat(master.port())};
  // Refused while it loads its append-only file.
  AwaitOrAbort(
      absl::StrCat("node ", i, " follows the master"), kStartLimit,
      [&] { return absl::StartsWith(nodes_[i]->Command(follow), "OK"); }, [&] { return Logs(); });
  AwaitReplica(i);
}

std::string SentinelSet::Logs() const {
  std::string all;
  for (const auto& node : nodes_) absl::StrAppend(&all, "node ", node->address(), ":\n", node->Log());
  for (const auto& one : sentinels_) absl::StrAppend(&all, "sentinel ", one->address(), ":\n", one->Log());
  return all;
}

}  // namespace twofold
