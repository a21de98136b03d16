#ifndef TWOFOLD_STORAGE_REDIS_TRANSPORT_H_
#define TWOFOLD_STORAGE_REDIS_TRANSPORT_H_

#include <chrono>
#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "asio/awaitable.hpp"
#include "asio/buffer.hpp"
#include "asio/error_code.hpp"
#include "asio/io_context.hpp"
#include "storage/redis/endpoint.h"

namespace twofold::redis {

using TimePoint = std::chrono::steady_clock::time_point;

// A stream of bytes to one server. Lives on the thread of its io_context. One read and one write may be under
// way at a time; both end with an error after Close.
class Transport {
 public:
  virtual ~Transport() = default;

  // Some bytes, at least one.
  virtual asio::awaitable<size_t> Read(asio::mutable_buffer into, asio::error_code& error) = 0;
  // All of `bytes`, which stay where they are until `done`; the caller keeps the transport until then.
  virtual void Write(asio::const_buffer bytes, absl::AnyInvocable<void(asio::error_code)> done) = 0;
  virtual void Close() = 0;
  virtual int Descriptor() = 0;
};

// Makes TLS connections; null pointers stand for none. Thread-safe.
class TlsClient {
 public:
  virtual ~TlsClient() = default;

  // A stream over a connected socket, after the handshake in which the server has proven to be `host`.
  virtual asio::awaitable<absl::StatusOr<std::shared_ptr<Transport>>> Handshake(asio::io_context& context,
                                                                                int socket, std::string host,
                                                                                TimePoint until) = 0;

  // Reads the files of certificates and key anew if one of them has changed; connections that are made from
  // now on use them. After an error, which names the file, what was there before stays in force. Blocks; by
  // one thread at a time.
  virtual absl::Status Refresh() = 0;
};

// Connects. UNAVAILABLE with the cause, also when that is not done by `until`.
asio::awaitable<absl::StatusOr<std::shared_ptr<Transport>>> OpenTransport(asio::io_context& context,
                                                                          Endpoint endpoint, TlsClient* tls,
                                                                          TimePoint until);

}  // namespace twofold::redis

#endif  // TWOFOLD_STORAGE_REDIS_TRANSPORT_H_
