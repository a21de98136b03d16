#ifndef TWOFOLD_BENCH_LOAD_TARGET_H_
#define TWOFOLD_BENCH_LOAD_TARGET_H_

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/impl/codegen/rpc_method.h>
#include <grpcpp/support/async_unary_call.h>
#include <grpcpp/support/byte_buffer.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace twofold::bench {

enum class Rpc { kBare, kStore, kVerify, kControl };

// The server under test, called over several connections with bytes. Not thread-safe, except that
// several threads may each have calls of their own on it.
class Target {
 public:
  static constexpr size_t kConnections = 4;

  // `tls_folder` is as in Flags::tls.
  Target(const std::string& address, const std::string& tls_folder);

  // Makes a new call on the next connection. Control has a connection of its own, so that commands
  // keep their order and wait behind no other calls. The call lives as long as the context and its
  // own Finish.
  grpc::ClientAsyncResponseReader<grpc::ByteBuffer>* Start(Rpc rpc, const grpc::ByteBuffer& request,
                                                           grpc::ClientContext& context,
                                                           grpc::CompletionQueue& queue);

  // The connection of the next call.
  size_t next() const { return next_; }
  // Makes calls on that connection wait, as a rejected caller was told to (gRFC A6, "Pushback").
  void HoldBack(size_t connection, std::chrono::milliseconds pushback);
  // Returns whether the next call has to wait. If so, the call after it uses another connection.
  bool SkipsHeldBack();

  // Sends a command of bench_service.h and returns its answer. Blocks. Ends the program if there is
  // none.
  nlohmann::json Control(const std::string& command);

 private:
  struct Connection {
    explicit Connection(std::shared_ptr<grpc::Channel> channel_in);

    std::shared_ptr<grpc::Channel> channel;
    // The methods in the order of Rpc.
    std::array<grpc::internal::RpcMethod, 4> methods;
    std::atomic<std::chrono::steady_clock::time_point> held_back_until{};
  };

  std::vector<std::unique_ptr<Connection>> connections_;
  size_t next_ = 0;
};

// The type that a completion queue hands back.
class Tag {
 public:
  virtual ~Tag() = default;
  virtual void Done(bool ok) = 0;
};

// Makes one call at a time, any number of times.
class CallSlot {
 public:
  void Start(Target& target, Rpc rpc, const grpc::ByteBuffer& request, grpc::CompletionQueue& queue, Tag* tag,
             std::optional<std::chrono::system_clock::time_point> deadline = std::nullopt) {
    context_.emplace();
    connection_ = target.next();
    if (deadline.has_value()) context_->set_deadline(*deadline);
    auto* reader = target.Start(rpc, request, *context_, queue);
    reader->StartCall();
    reader->Finish(&response_, &status_, tag);
  }

  const grpc::Status& status() const { return status_; }
  size_t connection() const { return connection_; }
  // Returns the pushback that a rejecting server asked for.
  std::optional<std::chrono::milliseconds> Pushback() const;
  const grpc::ByteBuffer& response() const { return response_; }

 private:
  std::optional<grpc::ClientContext> context_;
  size_t connection_ = 0;
  grpc::ByteBuffer response_;
  grpc::Status status_;
};

std::string Flatten(const grpc::ByteBuffer& bytes);

}  // namespace twofold::bench

#endif  // TWOFOLD_BENCH_LOAD_TARGET_H_
