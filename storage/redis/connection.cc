#include "storage/redis/connection.h"

#include <algorithm>
#include <exception>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "asio.hpp"
#include "storage/redis/command.h"
#include "storage/redis/reply_error.h"
#include "storage/redis/stream_transport.h"

namespace twofold::redis {
namespace {

// Bounds of one batch. A longer one would delay the commands behind it.
constexpr size_t kMaxBatchCommands = 1'000;
constexpr size_t kMaxBatchBytes = size_t{1} << 20;
constexpr size_t kReadBytes = size_t{64} << 10;

// WAIT gives up before the connection does, so that a slow replica costs a batch and not the
// connection. Redis checks ten times a second whether a WAIT has timed out.
constexpr absl::Duration kWaitIsLate = absl::Milliseconds(100);

std::string WaitCommand(const ConnectionOptions& options) {
  if (options.min_replicas == 0) return "";
  const absl::Duration wait =
      std::max(options.timeout * 0.5, std::min(options.timeout * 0.8, options.timeout - kWaitIsLate * 1.5));
  const int64_t millis = std::max<int64_t>(1, absl::ToInt64Milliseconds(wait));
  return Encode({"WAIT", absl::StrCat(options.min_replicas), absl::StrCat(millis)});
}

}  // namespace

std::shared_ptr<Connection> Connection::Open(asio::io_context& context, Endpoint endpoint,
                                             ConnectionOptions options) {
  std::shared_ptr<Connection> connection(new Connection(context, std::move(endpoint), std::move(options)));
  asio::co_spawn(context, connection->Run(connection), [](const std::exception_ptr& exception) {
    // Run catches everything that can be recovered from.
    if (exception) std::terminate();
  });
  return connection;
}

Connection::Connection(asio::io_context& context, Endpoint endpoint, ConnectionOptions options)
    : context_(context),
      loop_(SleepingLoop::Of(context)),
      endpoint_(std::move(endpoint)),
      options_(std::move(options)),
      wait_command_(WaitCommand(options_)),
      backoff_(std::random_device()()),
      deadline_timer_(context),
      pause_timer_(context) {}

void Connection::Submit(Request request, Completion<absl::StatusOr<Reply>> done) {
  if (!down_.ok()) return done(down_);
  if (queue_.size() >= options_.max_queued || queued_bytes_ >= options_.max_queued_bytes) {
    return done(absl::UnavailableError("too many commands wait for Redis"));
  }
  queued_bytes_ += request.bytes.size();
  queue_.push_back({std::move(request), std::move(done), Clock::now()});
  FlushSoon();
  ArmTimer();
}

void Connection::Close() {
  closed_ = true;
  down_ = absl::UnavailableError("the connection to Redis was closed");
  if (transport_ != nullptr) transport_->Close();
  pause_timer_.cancel();
  FailQueue(down_);
}

// `self` keeps the connection alive as long as this runs.
asio::awaitable<void> Connection::Run([[maybe_unused]] std::shared_ptr<Connection> self) {
  while (!closed_) {
    polling_.emplace(loop_);
    absl::Status status;
    try {
      status = co_await Connect();
      if (status.ok()) {
        status = co_await ReadReplies();
        // A write may still be under way, although the server has closed its end or has sent
        // nonsense.
        transport_->Close();
        ConnectionLost(status);
      } else if (!closed_) {
        down_ = status;
        FailQueue(down_);
      }
    } catch (const std::exception& exception) {
      if (transport_ != nullptr) transport_->Close();
      ConnectionLost(absl::InternalError(exception.what()));
    }
    transport_.reset();
    polling_.emplace(loop_);
    if (!closed_) co_await Pause();
  }
  ConnectionLost(down_);
  polling_.reset();
}

asio::awaitable<absl::Status> Connection::Connect() {
  const TimePoint until = Clock::now() + absl::ToChronoNanoseconds(options_.connect_timeout);
  auto opening = OpenTransport(context_, endpoint_, options_.tls.get(), until);
  absl::StatusOr<std::shared_ptr<Transport>> opened = co_await std::move(opening);
  if (!opened.ok()) co_return opened.status();
  transport_ = *std::move(opened);
  reader_ = std::make_unique<ReplyReader>();
  const Deadline deadline(context_, until, [transport = transport_] { transport->Close(); });
  absl::Status status = co_await LogIn(*transport_, *reader_, options_.login);
  if (deadline.expired()) status = absl::UnavailableError("it does not answer");
  if (status.ok() && closed_) status = down_;
  if (!status.ok()) {
    co_return absl::Status(
        absl::IsFailedPrecondition(status) ? status.code() : absl::StatusCode::kUnavailable,
        absl::StrCat("cannot use Redis at ", endpoint_.ToString(), ": ", status.message()));
  }
  up_ = true;
  polling_.reset();
  if (loop_ != nullptr) read_wakeup_.emplace(*loop_, transport_->Descriptor());
  down_ = absl::OkStatus();
  broken_because_.clear();
  FlushSoon();
  co_return absl::OkStatus();
}

asio::awaitable<absl::Status> Connection::ReadReplies() {
  std::vector<char> buffer(kReadBytes);
  for (;;) {
    asio::error_code error;
    const size_t size = co_await transport_->Read(asio::buffer(buffer), error);
    if (error) {
      co_return absl::UnavailableError(broken_because_.empty() ? error.message() : broken_because_);
    }
    absl::Status status = reader_->Feed(absl::string_view(buffer.data(), size));
    while (status.ok()) {
      absl::StatusOr<std::optional<Reply>> next = reader_->Next();
      status = next.status();
      if (!next.ok()) break;
      std::optional<Reply> reply = *std::move(next);
      if (!reply.has_value()) break;
      status = Deliver(*std::move(reply));
    }
    if (!status.ok()) co_return status;
  }
}

asio::awaitable<void> Connection::Pause() {
  pause_timer_.expires_after(absl::ToChronoNanoseconds(backoff_.Next()));
  asio::error_code cancelled;
  co_await pause_timer_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
}

// Posted, so that all requests of this iteration of the thread's loop share the batch.
void Connection::FlushSoon() {
  if (flush_posted_ || !MaySend() || queue_.empty()) return;
  flush_posted_ = true;
  asio::post(context_, [self = shared_from_this()] {
    self->flush_posted_ = false;
    self->Flush();
  });
}

bool Connection::MaySend() const {
  return up_ && !writing_ && batches_.size() < (wait_command_.empty() ? options_.max_batches : 1);
}

void Connection::Flush() {
  if (!MaySend()) return;
  CheckDeadlines();
  const Clock::time_point now = Clock::now();
  outgoing_.clear();
  std::vector<Sent> sent;
  while (!queue_.empty() && sent.size() < kMaxBatchCommands && outgoing_.size() < kMaxBatchBytes) {
    Waiting next = TakeFromQueue();
    if (next.request.token != nullptr && !next.request.token->Lasts(now)) {
      next.done(absl::UnavailableError("nobody waits for the answer any more"));
      continue;
    }
    outgoing_ += next.request.bytes;
    sent_bytes_ += next.request.bytes.size();
    sent.push_back({next.request.commands, next.request.bytes.size(), std::move(next.done), std::nullopt});
  }
  if (sent.empty()) return;
  outgoing_ += wait_command_;
  batches_.push_back({std::move(sent), 0, now});
  writing_ = true;
  transport_->Write(asio::buffer(outgoing_),
                    [self = shared_from_this(), transport = transport_](asio::error_code error) {
                      self->writing_ = false;
                      if (error) transport->Close();
                      self->FlushSoon();
                    });
  ArmTimer();
}

// INVALID_ARGUMENT: no request waits for a reply.
absl::Status Connection::Deliver(Reply reply) {
  if (batches_.empty()) return absl::InvalidArgumentError("a reply came that nobody asked for");
  Batch& batch = batches_.front();
  if (batch.answered == batch.sent.size()) {
    FinishBatch(ReplicationOf(reply));
    return absl::OkStatus();
  }
  Sent& asked = batch.sent[batch.answered];
  if (--asked.commands > 0) return absl::OkStatus();
  ++batch.answered;
  sent_bytes_ -= asked.bytes;
  if (!wait_command_.empty()) {
    asked.reply = std::move(reply);
    return absl::OkStatus();
  }
  Completion<absl::StatusOr<Reply>> done = std::move(asked.done);
  const bool last = batch.answered == batch.sent.size();
  done(std::move(reply));
  if (last) FinishBatch(absl::OkStatus());
  return absl::OkStatus();
}

absl::Status Connection::ReplicationOf(const Reply& wait_reply) const {
  if (wait_reply.type == Reply::Type::kInteger && wait_reply.integer >= options_.min_replicas) {
    return absl::OkStatus();
  }
  if (wait_reply.type != Reply::Type::kInteger) {
    return absl::UnknownError(absl::StrCat(StatusOf(wait_reply.text).message(), ", asked for WAIT"));
  }
  return absl::UnknownError(
      absl::StrCat(wait_reply.integer, " of ", options_.min_replicas, " replicas acknowledged in time"));
}

void Connection::FinishBatch(const absl::Status& replicated) {
  Batch batch = std::move(batches_.front());
  batches_.pop_front();
  backoff_.Reset();
  for (Sent& sent : batch.sent) {
    if (!sent.reply.has_value()) continue;
    if (replicated.ok()) {
      sent.done(*std::move(sent.reply));
    } else {
      sent.done(replicated);
    }
  }
  FlushSoon();
}

void Connection::ConnectionLost(const absl::Status& why) {
  up_ = false;
  read_wakeup_.reset();
  std::deque<Batch> batches;
  batches.swap(batches_);
  sent_bytes_ = 0;
  for (Batch& batch : batches) {
    for (size_t i = 0; i < batch.sent.size(); ++i) {
      if (i < batch.answered && !batch.sent[i].reply.has_value()) continue;
      batch.sent[i].done(absl::UnknownError(
          absl::StrCat("the connection to Redis at ", endpoint_.ToString(), " broke: ", why.message())));
    }
  }
}

void Connection::FailQueue(const absl::Status& why) {
  std::deque<Waiting> queue;
  queue.swap(queue_);
  queued_bytes_ = 0;
  for (Waiting& waiting : queue) waiting.done(why);
}

Connection::Waiting Connection::TakeFromQueue() {
  Waiting first = std::move(queue_.front());
  queue_.pop_front();
  queued_bytes_ -= first.request.bytes.size();
  return first;
}

// One timer serves all requests. It is set for the oldest of them, and set again when it fires.
void Connection::ArmTimer() {
  if (timer_armed_ || (batches_.empty() && queue_.empty())) return;
  timer_armed_ = true;
  Clock::time_point first = batches_.empty() ? queue_.front().since : batches_.front().since;
  if (!queue_.empty()) first = std::min(first, queue_.front().since);
  deadline_timer_.expires_at(first + timeout());
  deadline_timer_.async_wait([weak = weak_from_this()](asio::error_code error) {
    const std::shared_ptr<Connection> self = weak.lock();
    if (error || self == nullptr) return;
    self->timer_armed_ = false;
    self->CheckDeadlines();
    self->ArmTimer();
  });
}

void Connection::CheckDeadlines() {
  const Clock::time_point now = Clock::now();
  // A later reply on this connection might belong to an earlier command.
  if (!batches_.empty() && batches_.front().since + timeout() <= now) {
    broken_because_ = absl::StrCat("no reply within ", absl::FormatDuration(options_.timeout));
    if (transport_ != nullptr) transport_->Close();
  }
  while (!queue_.empty() && queue_.front().since + timeout() <= now) {
    TakeFromQueue().done(absl::UnavailableError(
        absl::StrCat(up_ ? "Redis is too slow: no command could be sent to " : "there was no connection to ",
                     endpoint_.ToString(), " within ", absl::FormatDuration(options_.timeout))));
  }
}

}  // namespace twofold::redis
