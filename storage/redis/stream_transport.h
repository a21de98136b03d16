#ifndef TWOFOLD_STORAGE_REDIS_STREAM_TRANSPORT_H_
#define TWOFOLD_STORAGE_REDIS_STREAM_TRANSPORT_H_

#include <functional>
#include <memory>
#include <utility>

#include "asio.hpp"
#include "storage/redis/transport.h"

namespace twofold::redis {

// A Transport over any of Asio's streams.
template <typename Stream>
class StreamTransport final : public Transport {
 public:
  explicit StreamTransport(Stream stream) : stream_(std::move(stream)) {}

  asio::awaitable<size_t> Read(asio::mutable_buffer into, asio::error_code& error) override {
    return stream_.async_read_some(into, asio::redirect_error(asio::use_awaitable, error));
  }

  void Write(asio::const_buffer bytes, absl::AnyInvocable<void(asio::error_code)> done) override {
    asio::async_write(stream_, bytes, [done = std::move(done)](asio::error_code error, size_t) mutable {
      std::move(done)(error);
    });
  }

  void Close() override {
    asio::error_code ignored;
    stream_.lowest_layer().close(ignored);
  }

  int Descriptor() override { return stream_.lowest_layer().native_handle(); }

  Stream& stream() { return stream_; }

 private:
  Stream stream_;
};

// Calls `expire` on the context's thread at `until`, unless this object was destroyed before.
class Deadline {
 public:
  Deadline(asio::io_context& context, TimePoint until, std::function<void()> expire)
      : timer_(context, until) {
    // The state outlives the object, because an expiry that is already queued still reads it.
    timer_.async_wait([state = state_, expire = std::move(expire)](asio::error_code error) {
      if (error || *state != State::kRunning) return;
      *state = State::kExpired;
      expire();
    });
  }
  ~Deadline() { *state_ = State::kGone; }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  bool expired() const { return *state_ == State::kExpired; }

 private:
  enum class State { kRunning, kExpired, kGone };

  asio::steady_timer timer_;
  const std::shared_ptr<State> state_ = std::make_shared<State>(State::kRunning);
};

}  // namespace twofold::redis

#endif  // TWOFOLD_STORAGE_REDIS_STREAM_TRANSPORT_H_
