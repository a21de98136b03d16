#include "storage/redis/thread_connections.h"

#include <algorithm>

#include "asio.hpp"
#include "asio/execution.hpp"
#include "asio/execution_context.hpp"
#include "asio/query.hpp"
#include "common/sleeping_loop.h"

namespace twofold::redis {
namespace {

// Below this a connection is not full. Redis reads slightly more from a connection at once
// (PROTO_IOBUF_LEN in its server.h, and what its allocator adds).
constexpr size_t kFullAt = size_t{16} << 10;

// The connections that live on one context, by client.
class ConnectionsOfContext final : public asio::execution_context::service {
 public:
  static inline asio::execution_context::id id;

  explicit ConnectionsOfContext(asio::execution_context& context)
      : asio::execution_context::service(context) {}

  std::map<uint64_t, std::unique_ptr<ThreadConnections>> by_client;

 private:
  void shutdown() override { by_client.clear(); }
};

}  // namespace

ServerConnections::ServerConnections(asio::io_context& context, Endpoint endpoint, ConnectionOptions options)
    : context_(context),
      endpoint_(std::move(endpoint)),
      options_(std::move(options)),
      connections_{Connection::Open(context_, endpoint_, options_)} {}

ServerConnections::~ServerConnections() {
  for (const std::shared_ptr<Connection>& connection : connections_) connection->Close();
}

void ServerConnections::Submit(Request request, Completion<absl::StatusOr<Reply>> done) {
  Choose().Submit(std::move(request), std::move(done));
}

// The first connection that is up and not full. If all are full, another one is opened for later
// commands. Nothing waits until it is up.
Connection& ServerConnections::Choose() {
  Connection* emptiest = nullptr;
  bool all_up = true;
  for (const std::shared_ptr<Connection>& connection : connections_) {
    if (!connection->up()) {
      all_up = false;
      continue;
    }
    if (connection->unanswered_bytes() < kFullAt) return *connection;
    if (emptiest == nullptr || connection->unanswered_bytes() < emptiest->unanswered_bytes()) {
      emptiest = connection.get();
    }
  }
  const size_t most = options_.min_replicas == 0 ? options_.max_connections : 1;
  if (all_up && connections_.size() < most) {
    connections_.push_back(Connection::Open(context_, endpoint_, options_));
  }
  return emptiest == nullptr ? *connections_.front() : *emptiest;
}

ThreadConnections::ThreadConnections(asio::io_context& context, ConnectionOptions options, Callers callers)
    : context_(context), options_(std::move(options)), callers_(callers) {}

// A request that fails now may submit another one, so this object must still be whole.
ThreadConnections::~ThreadConnections() {
  while (!servers_.empty()) servers_.erase(servers_.begin());
}

ThreadConnections* ThreadConnections::Of(const asio::any_io_executor& executor, uint64_t client,
                                         const ConnectionOptions& options) {
  asio::execution_context& context = asio::query(executor, asio::execution::context);
  if (SleepingLoop::Of(context) == nullptr) return nullptr;
  std::unique_ptr<ThreadConnections>& here =
      asio::use_service<ConnectionsOfContext>(context).by_client[client];
  if (here == nullptr) {
    // Only io_contexts have a SleepingLoop.
    auto& io = static_cast<asio::io_context&>(context);
    here = std::make_unique<ThreadConnections>(io, options, Callers::kThisThread);
  }
  return here.get();
}

void ThreadConnections::Submit(Item item) {
  if (callers_ == Callers::kThisThread) return SubmitHere(std::move(item));
  {
    absl::MutexLock lock(&mutex_);
    inbox_.push_back(std::move(item));
    // The caller that put in the first item has posted.
    if (inbox_.size() > 1) return;
  }
  asio::post(context_, [this] { SubmitInbox(); });
}

void ThreadConnections::SubmitInbox() {
  std::vector<Item> items;
  {
    absl::MutexLock lock(&mutex_);
    items.swap(inbox_);
  }
  for (Item& item : items) SubmitHere(std::move(item));
}

void ThreadConnections::SubmitHere(Item item) {
  const auto server = servers_.try_emplace(item.endpoint, context_, item.endpoint, options_).first;
  server->second.Submit(std::move(item.request), std::move(item.done));
}

void ThreadConnections::KeepMasters(const std::shared_ptr<const Topology>& topology) {
  if (kept_ == topology) return;
  kept_ = topology;
  const std::vector<Endpoint>& masters = topology->masters();
  for (auto it = servers_.begin(); it != servers_.end();) {
    const bool is_master = std::find(masters.begin(), masters.end(), it->first) != masters.end();
    it = is_master ? std::next(it) : servers_.erase(it);
  }
}

}  // namespace twofold::redis
