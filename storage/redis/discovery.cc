#include "storage/redis/discovery.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "storage/redis/command.h"
#include "storage/redis/reply_error.h"

namespace twofold::redis {
namespace {

Request RequestOf(const std::vector<absl::string_view>& command) {
  Request request;
  request.bytes = Encode(command);
  return request;
}

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

// What one Sentinel says in SENTINEL MASTER.
std::optional<Answer> ReadAnswer(const Reply& reply) {
  Answer answer;
  int port = 0;
  answer.master.host = ValueOf(reply, "ip");
  if (answer.master.host.empty() || !absl::SimpleAtoi(ValueOf(reply, "port"), &port) || port < 1 ||
      port > UINT16_MAX || !absl::SimpleAtoi(ValueOf(reply, "config-epoch"), &answer.epoch)) {
    return std::nullopt;
  }
  answer.master.port = static_cast<uint16_t>(port);
  return answer;
}

// A Sentinel that was cut off may still name the old master. The one with the highest configuration epoch has
// heard of the latest failover that a majority agreed on.
asio::awaitable<absl::StatusOr<Topology>> AskSentinels(const RedisUri& uri, Home& sentinels) {
  Answer best;
  absl::Status last = absl::UnavailableError("no Sentinel answers");
  for (const Endpoint& endpoint : uri.endpoints) {
    Request request = RequestOf({"SENTINEL", "MASTER", uri.master_name});
    const absl::StatusOr<Reply> reply = co_await sentinels.Send(endpoint, std::move(request));
    if (!reply.ok()) {
      last = reply.status();
      continue;
    }
    const std::optional<Answer> answer = ReadAnswer(*reply);
    if (!answer.has_value()) {
      last = absl::UnavailableError(
          absl::StrCat("Sentinel ", endpoint.ToString(), " knows no master called ", uri.master_name));
    } else if (answer->epoch > best.epoch) {
      best = *answer;
    }
  }
  if (best.epoch < 0) co_return last;
  co_return Topology::OneMaster(best.master);
}

asio::awaitable<absl::StatusOr<Topology>> AskCluster(const RedisUri& uri, Home& servers,
                                                     std::vector<Endpoint> known) {
  std::vector<Endpoint> nodes = std::move(known);
  nodes.insert(nodes.end(), uri.endpoints.begin(), uri.endpoints.end());
  absl::Status last = absl::UnavailableError("no node of the cluster answers");
  for (const Endpoint& node : nodes) {
    Request request = RequestOf({"CLUSTER", "SLOTS"});
    const absl::StatusOr<Reply> reply = co_await servers.Send(node, std::move(request));
    if (!reply.ok()) {
      last = reply.status();
      continue;
    }
    if (reply->is_error()) {
      const absl::Status refused = StatusOf(reply->text);
      last = absl::UnavailableError(
          absl::StrCat("node ", node.ToString(), ": ", refused.message(), ", asked for CLUSTER SLOTS"));
      continue;
    }
    absl::StatusOr<Topology> topology = ParseSlots(*reply, node);
    if (topology.ok() && !topology->masters().empty()) co_return topology;
    last = absl::UnavailableError(absl::StrCat("node ", node.ToString(), " serves no slots"));
  }
  co_return last;
}

}  // namespace

asio::awaitable<absl::StatusOr<Topology>> Discover(const RedisUri& uri, Home& servers, Home& sentinels,
                                                   std::vector<Endpoint> known) {
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
