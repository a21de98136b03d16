#include "storage/redis/discovery.h"

#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "storage/redis/command.h"
#include "storage/redis/reply_error.h"

namespace twofold::redis {
namespace {

// The value after `name` in a reply of alternating names and values.
std::string ValueOf(const Reply& reply, absl::string_view name) {
  for (size_t i = 0; i + 1 < reply.elements.size(); i += 2) {
    if (reply.elements[i].text == name) return reply.elements[i + 1].text;
  }
  return "";
}

struct Answer {
  int64_t epoch = -1;
  Endpoint master;
};

absl::Status KnowsNone(const Endpoint& sentinel, const std::string& master_name) {
  return absl::UnavailableError(
      absl::StrCat("Sentinel ", sentinel.ToString(), " knows no master called ", master_name));
}

// What one Sentinel says. The address is asked for on its own, and after the epoch: a Sentinel that
// leads a failover shows the new epoch in SENTINEL MASTER at once, but the old address until the
// last replica follows the new master, which can take as long as failover-timeout.
Task<absl::StatusOr<Answer>> AskSentinel(ThreadConnections& sentinels, Endpoint sentinel,
                                         std::string master_name) {
  Request ask_epoch = RequestOf({"SENTINEL", "MASTER", master_name});
  const absl::StatusOr<Reply> state = co_await sentinels.Send(sentinel, std::move(ask_epoch));
  if (!state.ok()) co_return state.status();
  if (state->is_error() && !absl::StrContains(state->text, "No such master")) {
    const bool refused = KindOf(state->text) == ErrorKind::kRefused;
    co_return absl::Status(
        refused ? absl::StatusCode::kFailedPrecondition : absl::StatusCode::kUnavailable,
        absl::StrCat("Sentinel ", sentinel.ToString(), ": ", StatusOf(state->text).message()));
  }
  Request ask_address = RequestOf({"SENTINEL", "GET-MASTER-ADDR-BY-NAME", master_name});
  const absl::StatusOr<Reply> address = co_await sentinels.Send(sentinel, std::move(ask_address));
  if (!address.ok()) co_return address.status();
  Answer answer;
  int port = 0;
  if (!absl::SimpleAtoi(ValueOf(*state, "config-epoch"), &answer.epoch) || address->elements.size() != 2 ||
      !absl::SimpleAtoi(address->elements[1].text, &port) || port < 1 || port > UINT16_MAX) {
    co_return KnowsNone(sentinel, master_name);
  }
  answer.master.host = address->elements[0].text;
  answer.master.port = static_cast<uint16_t>(port);
  if (answer.master.host.empty()) co_return KnowsNone(sentinel, master_name);
  co_return answer;
}

// A Sentinel that was cut off may still name the old master. The one with the highest configuration
// epoch has heard of the latest failover that a majority agreed on.
Task<absl::StatusOr<Topology>> AskSentinels(const RedisUri& uri, ThreadConnections& sentinels) {
  Answer best;
  absl::Status last = absl::UnavailableError("no Sentinel answers");
  for (const Endpoint& endpoint : uri.endpoints) {
    const absl::StatusOr<Answer> answer = co_await AskSentinel(sentinels, endpoint, uri.master_name);
    if (!answer.ok()) {
      NoteReason(answer.status(), last);
    } else if (answer->epoch > best.epoch) {
      best = *answer;
    }
  }
  if (best.epoch < 0) co_return last;
  co_return Topology::OneMaster(best.master);
}

Task<absl::StatusOr<Topology>> AskCluster(const RedisUri& uri, ThreadConnections& servers,
                                          std::vector<Endpoint> known) {
  std::vector<Endpoint> nodes = std::move(known);
  nodes.insert(nodes.end(), uri.endpoints.begin(), uri.endpoints.end());
  absl::Status last = absl::UnavailableError("no node of the cluster answers");
  for (const Endpoint& node : nodes) {
    Request request = RequestOf({"CLUSTER", "SLOTS"});
    const absl::StatusOr<Reply> reply = co_await servers.Send(node, std::move(request));
    if (!reply.ok()) {
      NoteReason(reply.status(), last);
      continue;
    }
    if (reply->is_error()) {
      const std::string why = absl::StrCat("node ", node.ToString(), ": ", StatusOf(reply->text).message(),
                                           ", asked for CLUSTER SLOTS");
      const bool refused = KindOf(reply->text) == ErrorKind::kRefused;
      NoteReason(refused ? absl::FailedPreconditionError(why) : absl::UnavailableError(why), last);
      continue;
    }
    absl::StatusOr<Topology> topology = ParseSlots(*reply, node);
    if (topology.ok() && !topology->masters().empty()) co_return topology;
    NoteReason(absl::UnavailableError(absl::StrCat("node ", node.ToString(), " serves no slots",
                                                   topology.ok() ? "" : ": ", topology.status().message())),
               last);
  }
  co_return last;
}

}  // namespace

Task<absl::StatusOr<Topology>> Discover(const RedisUri& uri, ThreadConnections& servers,
                                        ThreadConnections& sentinels, std::vector<Endpoint> known) {
  switch (uri.deployment) {
    case Deployment::kSentinel: {
      absl::StatusOr<Topology> found = co_await AskSentinels(uri, sentinels);
      co_return found;
    }
    case Deployment::kCluster: {
      absl::StatusOr<Topology> found = co_await AskCluster(uri, servers, std::move(known));
      co_return found;
    }
    case Deployment::kSingle:
      break;
  }
  co_return Topology::OneMaster(uri.endpoints.front());
}

}  // namespace twofold::redis
