#include "tests/redis/harness/redis_cluster.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "tests/harness/await.h"
#include "tests/harness/tool.h"
#include "tests/redis/harness/redis_process.h"

namespace twofold {
namespace {

constexpr absl::Duration kStartLimit = absl::Seconds(30);

RedisOptions NodeOptions(const ClusterSetOptions& options) {
  RedisOptions node{.password = options.password, .cluster = true};
  node.lines = {absl::StrCat("cluster-node-timeout ", absl::ToInt64Milliseconds(options.node_timeout)),
                // A replica may stand for election however long it was without its master.
                "cluster-replica-validity-factor 0"};
  node.lines.insert(node.lines.end(), options.lines.begin(), options.lines.end());
  return node;
}

// CRC-16/XMODEM, as the specification of Redis Cluster has it.
uint16_t Crc16(const std::string& bytes) {
  constexpr uint32_t kPolynomial = 0x1021;
  uint32_t crc = 0;
  for (const char byte : bytes) {
    crc ^= static_cast<uint32_t>(static_cast<uint8_t>(byte)) << 8;
    for (int bit = 0; bit < 8; ++bit) crc = (crc << 1) ^ ((crc & 0x8000) != 0 ? kPolynomial : 0);
  }
  return static_cast<uint16_t>(crc);
}

// Whether a line of CLUSTER NODES is of a master that is thought to live and has the slot; any slot
// where none is given. Slots under way, in brackets, still belong to their old master.
bool Owns(const std::vector<std::string>& fields, std::optional<int> slot) {
  constexpr size_t kFlags = 2;
  constexpr size_t kFirstRange = 8;
  if (fields.size() <= kFirstRange || !absl::StrContains(fields[kFlags], "master")) return false;
  const std::vector<std::string> flags = absl::StrSplit(fields[kFlags], ',');
  if (std::find(flags.begin(), flags.end(), "fail") != flags.end()) return false;
  for (size_t i = kFirstRange; i < fields.size(); ++i) {
    const std::pair<std::string, std::string> range = absl::StrSplit(fields[i], absl::MaxSplits('-', 1));
    int first = 0;
    int last = 0;
    if (!absl::SimpleAtoi(range.first, &first)) continue;
    if (!absl::SimpleAtoi(range.second, &last)) last = first;
    if (!slot.has_value() || (first <= *slot && *slot <= last)) return true;
  }
  return false;
}

}  // namespace

ClusterSet::ClusterSet(ClusterSetOptions options) : options_(std::move(options)) {
  std::vector<std::string> create = {"redis-cli", "--no-auth-warning", "-a", options_.password};
  if (options_.password.empty()) create.resize(1);
  create.insert(create.end(), {"--cluster", "create"});
  for (size_t i = 0; i < kNodes; ++i) {
    nodes_.push_back(std::make_unique<RedisProcess>(NodeOptions(options_)));
    create.push_back(nodes_[i]->address());
  }
  create.insert(create.end(), {"--cluster-replicas", "1", "--cluster-yes"});
  const ToolResult result = RunTool(create);
  if (result.exit_code != 0) {
    std::cerr << "redis-cli made no cluster:\n" << result.out << result.err << Logs();
    std::abort();
  }
  AwaitOk();
}

std::vector<std::string> ClusterSet::addresses() const {
  std::vector<std::string> all;
  for (const auto& node : nodes_) all.push_back(node->address());
  return all;
}

int ClusterSet::KeySlot(const std::string& key) {
  const size_t open = key.find('{');
  const size_t close = open == std::string::npos ? open : key.find('}', open);
  const bool tagged = close != std::string::npos && close > open + 1;
  return Crc16(tagged ? key.substr(open + 1, close - open - 1) : key) % kSlots;
}

std::vector<size_t> ClusterSet::OwnersAsSaidBy(size_t asked, std::optional<int> slot) const {
  std::vector<size_t> owners;
  for (const auto& line : absl::StrSplit(Ask(asked, {"CLUSTER", "NODES"}), '\n', absl::SkipEmpty())) {
    const std::vector<std::string> fields = absl::StrSplit(line, ' ', absl::SkipEmpty());
    if (!Owns(fields, slot)) continue;
    for (size_t i = 0; i < kNodes; ++i) {
      if (absl::StartsWith(fields[1], nodes_[i]->address() + "@")) owners.push_back(i);
    }
  }
  return owners;
}

size_t ClusterSet::MasterOf(int slot, size_t asked) const {
  const std::vector<size_t> owners = OwnersAsSaidBy(asked, slot);
  return owners.empty() ? kNodes : owners.front();
}

size_t ClusterSet::MasterOf(int slot) const { return MasterOf(slot, FirstRunning()); }

std::vector<size_t> ClusterSet::Masters() const { return OwnersAsSaidBy(FirstRunning(), std::nullopt); }

size_t ClusterSet::FirstRunning() const {
  const auto node =
      std::find_if(nodes_.begin(), nodes_.end(), [](const auto& one) { return one->running(); });
  if (node != nodes_.end()) return static_cast<size_t>(node - nodes_.begin());
  std::cerr << "no node runs\n";
  std::abort();
}

size_t ClusterSet::KillMaster(int slot) {
  const size_t master = MasterOf(slot);
  if (master == kNodes) {
    std::cerr << "slot " << slot << " has no master\n" << Logs();
    std::abort();
  }
  nodes_[master]->Kill();
  return master;
}

size_t ClusterSet::AwaitNewMaster(int slot, size_t old, absl::Duration limit) {
  size_t master = kNodes;
  const auto agreed = [&] {
    master = MasterOf(slot);
    if (master == kNodes || master == old || !nodes_[master]->running()) return false;
    for (size_t i = 0; i < kNodes; ++i) {
      if (nodes_[i]->running() && (MasterOf(slot, i) != master || !IsOk(i))) return false;
    }
    return true;
  };
  AwaitOrAbort(absl::StrCat("slot ", slot, " has a new master"), limit, agreed, [&] { return Logs(); });
  return master;
}

bool ClusterSet::IsOk(size_t i) const {
  const std::string state = Ask(i, {"CLUSTER", "INFO"});
  return absl::StrContains(state, "cluster_state:ok") &&
         absl::StrContains(state, absl::StrCat("cluster_slots_ok:", kSlots, "\r")) &&
         absl::StrContains(state, absl::StrCat("cluster_known_nodes:", kNodes, "\r"));
}

bool ClusterSet::InStep(size_t i) const {
  const std::string state = Ask(i, {"INFO", "replication"});
  return absl::StrContains(state, "role:master") || absl::StrContains(state, "master_link_status:up");
}

void ClusterSet::AwaitOk() {
  const auto ok = [&] {
    for (size_t i = 0; i < kNodes; ++i) {
      if (!nodes_[i]->running()) continue;
      // A replica that another node still takes for a master without slots would not be elected.
      if (!IsOk(i) || !InStep(i) || OwnersAsSaidBy(i, std::nullopt).size() != kMasters) return false;
      if (!RolesKnownTo(i)) return false;
    }
    return true;
  };
  AwaitOrAbort("the cluster is ok", kStartLimit, ok, [&] { return Logs(); });
}

bool ClusterSet::RolesKnownTo(size_t asked) const {
  const std::string nodes = absl::StrCat("\n", Ask(asked, {"CLUSTER", "NODES"}));
  for (size_t i = 0; i < kNodes; ++i) {
    if (!nodes_[i]->running()) continue;
    const std::string role = absl::StartsWith(Ask(i, {"ROLE"}), "master") ? "master" : "slave";
    // The id stands in the lines of its replicas, too.
    const size_t line = nodes.find("\n" + IdOf(i));
    if (line == std::string::npos) return false;
    const std::string fields = nodes.substr(line, nodes.find('\n', line + 1) - line);
    if (!absl::StrContains(fields, role)) return false;
  }
  return true;
}

std::string ClusterSet::Ask(size_t i, const std::vector<std::string>& arguments) const {
  return nodes_[i]->Command(arguments);
}

void ClusterSet::Expect(size_t i, const std::vector<std::string>& arguments, const std::string& reply) const {
  const std::string got = Ask(i, arguments);
  if (got == reply) return;
  std::cerr << "node " << i << " answers " << got << " to " << arguments[0] << " " << arguments[1] << "\n";
  std::abort();
}

std::string ClusterSet::IdOf(size_t i) const { return Ask(i, {"CLUSTER", "MYID"}); }

SlotMove ClusterSet::BeginMove(int slot, size_t to) {
  const SlotMove move{.slot = slot, .from = MasterOf(slot), .to = to};
  Expect(to, {"CLUSTER", "SETSLOT", absl::StrCat(slot), "IMPORTING", IdOf(move.from)}, "OK");
  Expect(move.from, {"CLUSTER", "SETSLOT", absl::StrCat(slot), "MIGRATING", IdOf(to)}, "OK");
  return move;
}

int ClusterSet::MoveKeys(const SlotMove& move, int limit) {
  const std::string reply =
      Ask(move.from, {"CLUSTER", "GETKEYSINSLOT", absl::StrCat(move.slot), absl::StrCat(limit)});
  const std::vector<std::string> keys = absl::StrSplit(reply, '\n', absl::SkipEmpty());
  if (keys.empty()) return 0;
  std::vector<std::string> migrate = {"MIGRATE", "127.0.0.1", absl::StrCat(nodes_[move.to]->port()),
                                      "",        "0",         "5000"};
  if (!options_.password.empty()) migrate.insert(migrate.end(), {"AUTH", options_.password});
  migrate.emplace_back("KEYS");
  migrate.insert(migrate.end(), keys.begin(), keys.end());
  Expect(move.from, migrate, "OK");
  return static_cast<int>(keys.size());
}

void ClusterSet::FinishMove(const SlotMove& move) {
  const std::vector<std::string> done = {"CLUSTER", "SETSLOT", absl::StrCat(move.slot), "NODE",
                                         IdOf(move.to)};
  // The new master first: were the old one first and the new one died, nobody would have the slot.
  Expect(move.to, done, "OK");
  Expect(move.from, done, "OK");
  for (const size_t master : Masters()) Expect(master, done, "OK");
}

void ClusterSet::MoveSlot(int slot, size_t to) {
  const SlotMove move = BeginMove(slot, to);
  while (MoveKeys(move) > 0) {
  }
  FinishMove(move);
}

std::string ClusterSet::Logs() const {
  std::string all;
  for (const auto& node : nodes_) absl::StrAppend(&all, "node ", node->address(), ":\n", node->Log());
  return all;
}

}  // namespace twofold
