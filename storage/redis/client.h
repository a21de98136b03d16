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
#include "storage/redis/call.h"
#include "storage/redis/home.h"
#include "storage/redis/homes.h"
#include "storage/redis/redis_uri.h"
#include "storage/redis/server_facts.h"
#include "storage/redis/slots.h"

namespace twofold::redis {

// A Redis deployment as one thing that takes commands: finds the master or the master of a key's slot,
// follows redirections, sends scripts that a server does not know, and watches every second that the servers
// are still fit for use.
//
// A thread whose loop can hold connections (common/sleeping_loop.h) has connections of its own, so that a
// command and its reply never change threads; all others share those of a thread that belongs to the client.
//
// Thread-safe. Outlives the flows that it is used in.
class Client {
 public:
  // `warn` gets a sentence for operators, on any thread.
  using Warn = std::function<void(const std::string&)>;

  // Connects and looks at the servers. Errors are a sentence for operators: UNAVAILABLE when nobody answers,
  // which may change by itself; FAILED_PRECONDITION when a server must not be used, or refuses us. Blocks.
  static absl::StatusOr<std::unique_ptr<Client>> Open(RedisUri uri, Purpose purpose, Warn warn);
  ~Client();

  // The reply, never an error reply. UNAVAILABLE: certainly nothing was done. UNKNOWN: it may have been.
  Task<absl::StatusOr<Reply>> Send(Call call);
  // The same to one server, for commands without a key.
  Task<absl::StatusOr<Reply>> SendTo(Endpoint server, Request request);

  // The masters now. A copy.
  std::shared_ptr<const Topology> topology() const;

  // OK when a command can be expected to work.
  Task<absl::Status> CheckReady();

 private:
  Client(RedisUri uri, Purpose purpose, Warn warn, const std::shared_ptr<TlsClient>& tls);

  // Whether it answers, with a clock like ours.
  Task<absl::Status> CheckMaster(const Endpoint& master);
  Task<absl::Status> Look();
  Task<void> WatchServers();
  // The next look happens at once.
  void LookSoon();
  // Gives a deployment that changes some time, and asks for a look at it.
  Task<void> PauseForTopology();
  // What a command needs to know.
  struct View {
    std::shared_ptr<const Topology> topology;
    absl::Status unfit;
  };
  View view() const ABSL_LOCKS_EXCLUDED(mutex_);
  void SetUnfit(const absl::Status& status);
  void SetTopology(Topology topology);
  // Where flows of this executor send their commands from.
  Home& HomeOf(const asio::any_io_executor& executor, const std::shared_ptr<const Topology>& topology);
  void WarnOnce(const Endpoint& server, const ServerFacts& facts);
  void RefreshTls();

  const RedisUri uri_;
  const Purpose purpose_;
  const Warn warn_;

  // Null: plain.
  const std::shared_ptr<TlsClient> tls_;
  // What was last said of its files. By thread_ alone.
  absl::Status tls_refreshed_;
  const ChannelOptions command_options_;
  const uint64_t id_;

  asio::io_context context_;
  // For flows whose thread cannot hold connections.
  Home commands_;
  Home watching_;
  Home sentinels_;
  asio::steady_timer next_look_;
  std::atomic<bool> look_wanted_{false};

  mutable absl::Mutex mutex_;
  View view_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> warned_;  // By the opening thread, then by thread_ alone.

  std::thread thread_;
};

}  // namespace twofold::redis

#endif  // TWOFOLD_STORAGE_REDIS_CLIENT_H_
