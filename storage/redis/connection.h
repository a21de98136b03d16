#ifndef TWOFOLD_STORAGE_REDIS_CONNECTION_H_
#define TWOFOLD_STORAGE_REDIS_CONNECTION_H_

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "asio/awaitable.hpp"
#include "asio/io_context.hpp"
#include "asio/steady_timer.hpp"
#include "common/async.h"
#include "common/sleeping_loop.h"
#include "storage/redis/backoff.h"
#include "storage/redis/command.h"
#include "storage/redis/endpoint.h"
#include "storage/redis/login.h"
#include "storage/redis/reply.h"
#include "storage/redis/transport.h"

namespace twofold::redis {

struct ConnectionOptions {
  LoginOptions login;
  // Null: plain. All connections share it.
  std::shared_ptr<TlsClient> tls;
  // The longest time that connecting may take, TLS and login included.
  absl::Duration connect_timeout;
  // The longest time that a command waits to be sent, and then for its reply.
  absl::Duration timeout;
  // Number of replicas that must acknowledge before a reply is delivered (WAIT). 0 disables it.
  int min_replicas = 0;
  // Batches that may be under way. With several, Redis works on the next batch while the replies to
  // the last one are read, and handles together what arrived during a sync of its log. With
  // `min_replicas` it is one.
  size_t max_batches = 4;
  // Connections from one thread to one server. With `min_replicas` it is one, because WAIT counts
  // what its own connection wrote.
  size_t max_connections = 4;
  // Requests that may wait to be sent, and their bytes.
  size_t max_queued = 20'000;
  size_t max_queued_bytes = size_t{32} << 20;
};

// A connection to one Redis server. It connects when it is created, and again whenever it breaks.
// Requests that are submitted in one iteration of the thread's loop, or while the most batches are
// under way, leave as one batch. They share packets and, at the server, syncs of its log. No
// request is delayed on purpose.
//
// Everything happens on the thread of the io_context. The object keeps itself alive until Close.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  static std::shared_ptr<Connection> Open(asio::io_context& context, Endpoint endpoint,
                                          ConnectionOptions options);

  // `done` gets the reply, which may be an error reply, or one of these:
  //   UNAVAILABLE: the request was certainly not sent.
  //   UNKNOWN: the request was sent, but no reply came or too few replicas acknowledged.
  //   FAILED_PRECONDITION: the server refuses our certificates, credentials or database, and the request was
  //     certainly not sent.
  // While the server cannot be used, `done` is called at once.
  void Submit(Request request, Completion<absl::StatusOr<Reply>> done);

  // Requests that wait end with UNAVAILABLE. Requests that were sent end with UNKNOWN.
  void Close();

  // Why the server cannot be reached. OK while it can be, and before the first attempt has ended.
  const absl::Status& down() const { return down_; }
  bool up() const { return up_; }
  // The bytes of all requests without a reply, those that wait to be sent included.
  size_t unanswered_bytes() const { return queued_bytes_ + sent_bytes_; }

 private:
  using Clock = std::chrono::steady_clock;

  struct Waiting {
    Request request;
    Completion<absl::StatusOr<Reply>> done;
    Clock::time_point since;
  };
  struct Sent {
    int commands;
    size_t bytes;
    Completion<absl::StatusOr<Reply>> done;
    std::optional<Reply> reply;
  };
  struct Batch {
    std::vector<Sent> sent;
    // The number of requests in `sent` that have their reply.
    size_t answered = 0;
    Clock::time_point since;
  };

  Connection(asio::io_context& context, Endpoint endpoint, ConnectionOptions options);

  asio::awaitable<void> Run(std::shared_ptr<Connection> self);
  asio::awaitable<absl::Status> Connect();
  asio::awaitable<absl::Status> ReadReplies();
  asio::awaitable<void> Pause();
  void FlushSoon();
  void Flush();
  absl::Status Deliver(Reply reply);
  void FinishBatch(const absl::Status& replicated);
  bool MaySend() const;
  absl::Status ReplicationOf(const Reply& wait_reply) const;
  void ConnectionLost(const absl::Status& why);
  void FailQueue(const absl::Status& why);
  Waiting TakeFromQueue();
  void ArmTimer();
  void CheckDeadlines();
  Clock::duration timeout() const { return absl::ToChronoNanoseconds(options_.timeout); }

  asio::io_context& context_;
  // Null when the context has a thread of its own.
  SleepingLoop* const loop_;
  const Endpoint endpoint_;
  const ConnectionOptions options_;
  // Ends every batch. Empty without `min_replicas`.
  const std::string wait_command_;

  std::shared_ptr<Transport> transport_;
  std::unique_ptr<ReplyReader> reader_;
  std::optional<SleepingLoop::Polling> polling_;         // Set while it connects.
  std::optional<SleepingLoop::ReadWakeup> read_wakeup_;  // Set while it is up.
  std::deque<Waiting> queue_;
  size_t queued_bytes_ = 0;
  // The bytes that were sent and have no reply.
  size_t sent_bytes_ = 0;
  // The batches under way, in the order of their replies.
  std::deque<Batch> batches_;
  std::string outgoing_;
  bool writing_ = false;
  bool flush_posted_ = false;
  bool up_ = false;
  bool closed_ = false;
  // Why CheckDeadlines closed the transport.
  std::string broken_because_;
  absl::Status down_;
  Backoff backoff_;
  asio::steady_timer deadline_timer_;
  bool timer_armed_ = false;
  asio::steady_timer pause_timer_;
};

}  // namespace twofold::redis

#endif  // TWOFOLD_STORAGE_REDIS_CONNECTION_H_
