#ifndef TWOFOLD_STORAGE_REDIS_CHANNEL_H_
#define TWOFOLD_STORAGE_REDIS_CHANNEL_H_

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
#include "storage/redis/endpoint.h"
#include "storage/redis/login.h"
#include "storage/redis/reply.h"
#include "storage/redis/transport.h"

namespace twofold::redis {

struct ChannelOptions {
  LoginOptions login;
  // Null: plain. Shared by all channels.
  std::shared_ptr<TlsClient> tls;
  // The longest that connecting may take, with TLS and login.
  absl::Duration connect_timeout;
  // The longest a command waits to be sent, and then for its reply.
  absl::Duration timeout;
  // So many replicas must have what a reply rests on before it is handed out; 0: none.
  int min_replicas = 0;
  // Batches that may be under way, but where replicas are waited for only one: Redis works on the next while
  // the replies to the last are read, and does in one go what arrives while it syncs its log.
  size_t max_batches = 4;
  // To one server from one thread (channels.h), but where replicas are waited for only one: WAIT counts what
  // its own connection wrote.
  size_t max_connections = 4;
  // Commands that may wait to be sent, and their bytes.
  size_t max_queued = 20'000;
  size_t max_queued_bytes = size_t{32} << 20;
};

// What to send: one or more commands in one piece, the last of which is answered for.
struct Request {
  std::string bytes;
  int commands = 1;
  // Null: it is sent however long that takes. Lives until the request is answered for.
  const CancellationToken* token = nullptr;
};

// One connection to one Redis server, made when the channel is and made again whenever it breaks. What is
// submitted in one turn of the thread, or while several batches are under way, leaves as one batch: commands
// share packets and, at the server, syncs of its log, and nothing is ever delayed on purpose.
//
// Everything happens on the thread of the io_context. The channel keeps itself alive until Close.
class Channel : public std::enable_shared_from_this<Channel> {
 public:
  static std::shared_ptr<Channel> Open(asio::io_context& context, Endpoint endpoint, ChannelOptions options);

  // `done` gets the reply, which may be an error reply; UNAVAILABLE when the request was certainly not sent;
  // UNKNOWN when it was, and no reply came or too few replicas have it;
  // FAILED_PRECONDITION, and it was certainly not sent, while the server refuses our certificates,
  // credentials or database. While the server cannot be used `done` is called at once.
  void Submit(Request request, Completion<absl::StatusOr<Reply>> done);

  // Ends what waits with UNAVAILABLE and what was sent with UNKNOWN.
  void Close();

  // Why the server cannot be reached; OK while it can, or that is not known yet.
  const absl::Status& down() const { return down_; }
  // Whether it is connected.
  bool up() const { return up_; }
  // Of requests, those that wait to be sent included.
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
    SleepingLoop::Awaiting awaiting;
    // How many have been answered.
    size_t answered = 0;
    Clock::time_point since;
  };

  Channel(asio::io_context& context, Endpoint endpoint, ChannelOptions options);

  asio::awaitable<void> Run(std::shared_ptr<Channel> self);
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
  // Null where the context has a thread to itself.
  SleepingLoop* const loop_;
  const Endpoint endpoint_;
  const ChannelOptions options_;
  // Ends every batch, where replicas must have it.
  const std::string wait_command_;

  std::shared_ptr<Transport> transport_;
  std::unique_ptr<ReplyReader> reader_;
  std::optional<SleepingLoop::Turning> turning_;  // While the connection is being made.
  std::optional<SleepingLoop::Reading> reading_;  // While it is up.
  std::deque<Waiting> queue_;
  size_t queued_bytes_ = 0;
  // Of what has not been answered.
  size_t sent_bytes_ = 0;
  // Under way, in the order of their replies.
  std::deque<Batch> batches_;
  std::string outgoing_;
  bool writing_ = false;
  bool flush_posted_ = false;
  bool up_ = false;
  bool closed_ = false;
  // Why CheckDeadlines broke the connection.
  std::string broken_because_;
  absl::Status down_;
  Backoff backoff_;
  asio::steady_timer deadline_timer_;
  bool timer_armed_ = false;
  asio::steady_timer pause_timer_;
};

}  // namespace twofold::redis

#endif  // TWOFOLD_STORAGE_REDIS_CHANNEL_H_
