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

// A stream of bytes to one server. It lives on the thread of its io_context. One read and one write
// may be under way at a time. Both end with an error after Close.
class Transport {
 public:
  virtual ~Transport() = default;

  // Reads at least one byte.
  virtual asio::awaitable<size_t> Read(asio::mutable_buffer into, asio::error_code& error) = 0;
  // Writes all of `bytes`. The bytes and the transport must live until `done` is called.
  virtual void Write(asio::const_buffer bytes, absl::AnyInvocable<void(asio::error_code)> done) = 0;
  virtual void Close() = 0;
  virtual int Descriptor() = 0;
};

// Makes TLS connections. A null pointer stands for plain ones. Thread-safe.
class TlsClient {
 public:
  virtual ~TlsClient() = default;

  // Returns a stream over a connected socket, after a handshake in which the server has proven to
  // be `host`.
  virtual asio::awaitable<absl::StatusOr<std::shared_ptr<Transport>>> Handshake(asio::io_context& context,
                                                                                int socket, std::string host,
                                                                                TimePoint until) = 0;

  // Reads the files of certificates and key again if one of them has changed. New connections use
  // them. After an error, which names the file, the previous files stay in force. Blocks. Only one
  // thread at a time may call it.
  virtual absl::Status Refresh() = 0;
};

// Connects. UNAVAILABLE: it failed, or was not done by `until`.
asio::awaitable<absl::StatusOr<std::shared_ptr<Transport>>> OpenTransport(asio::io_context& context,
                                                                          Endpoint endpoint, TlsClient* tls,
                                                                          TimePoint until);

}  // namespace twofold::redis

#endif  // TWOFOLD_STORAGE_REDIS_TRANSPORT_H_
