#ifndef TWOFOLD_STORAGE_REDIS_CLIENT_H_
#define TWOFOLD_STORAGE_REDIS_CLIENT_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "asio/io_context.hpp"
#include "asio/steady_timer.hpp"
#include "common/task.h"
#include "storage/redis/command.h"
#include "storage/redis/redis_uri.h"
#include "storage/redis/server_facts.h"
#include "storage/redis/slots.h"
#include "storage/redis/thread_connections.h"

namespace twofold::redis {

// A Redis deployment that takes commands. The client finds the master, or the master of a key's
// slot, follows redirections, and sends scripts that a server does not know. It checks every second
// that the servers are still fit for use.
//
// A thread whose loop can hold connections (common/sleeping_loop.h) has connections of its own, so
// that a command and its reply never change threads. All other threads share the connections of the
// client's thread.
//
// Thread-safe. The client outlives the flows that use it.
class Client {
 public:
  // Gets a sentence for operators, on any thread.
  using Warn = std::function<void(const std::string&)>;

  // Connects and examines the servers. Errors are a sentence for operators. UNAVAILABLE: no server
  // answers, which may change by itself. FAILED_PRECONDITION: a server must not be used, or refuses
  // us. Blocks.
  static absl::StatusOr<std::unique_ptr<Client>> Open(RedisUri uri, Purpose purpose, Warn warn);
  ~Client();

  // Returns the reply, never an error reply. UNAVAILABLE: certainly nothing was done. UNKNOWN: it
  // may have been done.
  Task<absl::StatusOr<Reply>> Send(Call call);
  // Sends a command without a key to one server.
  Task<absl::StatusOr<Reply>> SendTo(Endpoint server, Request request);

  // A snapshot of the masters.
  std::shared_ptr<const Topology> topology() const;

  // OK when a command can be expected to work.
  Task<absl::Status> CheckReady();

 private:
  Client(RedisUri uri, Purpose purpose, Warn warn, const std::shared_ptr<TlsClient>& tls);

  // OK when it answers and its clock agrees with ours.
  Task<absl::Status> CheckMaster(const Endpoint& master);
  Task<absl::Status> PollServers();
  Task<void> MonitorServers();
  // Starts the next poll of the servers at once.
  void PollSoon();
  // Waits a moment for a deployment that is changing, and polls its servers.
  Task<void> PauseForTopology();
  // The state that a command needs.
  struct View {
    std::shared_ptr<const Topology> topology;
    absl::Status unfit;
  };
  View view() const ABSL_LOCKS_EXCLUDED(mutex_);
  void SetUnfit(const absl::Status& status);
  void SetTopology(Topology topology);
  // The connections for flows of this executor.
  ThreadConnections& ConnectionsOf(const asio::any_io_executor& executor,
                                   const std::shared_ptr<const Topology>& topology);
  void WarnOnce(const Endpoint& server, const ServerFacts& facts);
  void RefreshTls();

  const RedisUri uri_;
  const Purpose purpose_;
  const Warn warn_;

  // Null: plain.
  const std::shared_ptr<TlsClient> tls_;
  // The result of the last refresh. Only thread_ uses it.
  absl::Status tls_refreshed_;
  const ConnectionOptions command_options_;
  const uint64_t id_;

  asio::io_context context_;
  // For flows on threads whose loop cannot hold connections.
  ThreadConnections commands_;
  ThreadConnections monitoring_;
  ThreadConnections sentinels_;
  asio::steady_timer next_poll_;
  std::atomic<bool> poll_wanted_{false};

  mutable absl::Mutex mutex_;
  View view_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> warned_;  // Used by the opening thread, then only by thread_.

  std::thread thread_;
};

}  // namespace twofold::redis

#endif  // TWOFOLD_STORAGE_REDIS_CLIENT_H_
