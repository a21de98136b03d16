#ifndef TWOFOLD_STORAGE_REDIS_THREAD_CONNECTIONS_H_
#define TWOFOLD_STORAGE_REDIS_THREAD_CONNECTIONS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "asio/any_io_executor.hpp"
#include "asio/io_context.hpp"
#include "common/async.h"
#include "storage/redis/command.h"
#include "storage/redis/connection.h"
#include "storage/redis/endpoint.h"
#include "storage/redis/reply.h"
#include "storage/redis/slots.h"

namespace twofold::redis {

// The connections of one thread to one server. In one iteration Redis reads about 20 KB from each
// connection, works on that and syncs its log. A load above that is spread over several connections
// and still shares a sync. A smaller load stays on one connection and shares packets.
//
// Everything happens on the thread of the io_context.
class ServerConnections {
 public:
  ServerConnections(asio::io_context& context, Endpoint endpoint, ConnectionOptions options);
  // Closes them.
  ~ServerConnections();
  ServerConnections(const ServerConnections&) = delete;
  ServerConnections& operator=(const ServerConnections&) = delete;

  // As Connection::Submit, on the connection that suits the load.
  void Submit(Request request, Completion<absl::StatusOr<Reply>> done);

  size_t size() const { return connections_.size(); }

 private:
  Connection& Choose();

  asio::io_context& context_;
  const Endpoint endpoint_;
  const ConnectionOptions options_;
  // Never empty.
  std::vector<std::shared_ptr<Connection>> connections_;
};

// The connections of one thread to all servers of a deployment. They are opened when they are first
// needed. This object outlives the requests that are sent through it.
class ThreadConnections {
 public:
  // Who calls Send: the thread that runs the context, or any thread.
  enum class Callers { kThisThread, kAnyThread };

  ThreadConnections(asio::io_context& context, ConnectionOptions options, Callers callers);
  ~ThreadConnections();
  ThreadConnections(const ThreadConnections&) = delete;
  ThreadConnections& operator=(const ThreadConnections&) = delete;

  // The connections that the client numbered `client` has on the calling thread, which is the
  // thread of `executor`. Makes them with `options` on the first call. Null when that thread's loop
  // cannot hold connections (common/sleeping_loop.h). They are destroyed with the executor's
  // context.
  static ThreadConnections* Of(const asio::any_io_executor& executor, uint64_t client,
                               const ConnectionOptions& options);

  // As Connection::Submit.
  auto Send(Endpoint endpoint, Request request) {
    return Await<absl::StatusOr<Reply>>(
        [this, endpoint = std::move(endpoint), request = std::move(request)](auto done) mutable {
          Submit({std::move(endpoint), std::move(request), std::move(done)});
        });
  }

  // Closes the connections to servers that are not masters of `topology`. Costs nothing when the
  // last call had the same topology. Call it on the context's thread.
  void KeepMasters(const std::shared_ptr<const Topology>& topology);

 private:
  struct Item {
    Endpoint endpoint;
    Request request;
    Completion<absl::StatusOr<Reply>> done;
  };

  void Submit(Item item);
  void SubmitInbox();
  void SubmitHere(Item item);

  asio::io_context& context_;
  const ConnectionOptions options_;
  const Callers callers_;
  std::map<Endpoint, ServerConnections> servers_;
  std::shared_ptr<const Topology> kept_;
  absl::Mutex mutex_;
  std::vector<Item> inbox_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace twofold::redis

#endif  // TWOFOLD_STORAGE_REDIS_THREAD_CONNECTIONS_H_
