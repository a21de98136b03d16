#ifndef TWOFOLD_SERVER_RPC_RAW_SERVICE_H_
#define TWOFOLD_SERVER_RPC_RAW_SERVICE_H_

#include <grpcpp/impl/codegen/service_type.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/async_stream.h>
#include <grpcpp/support/async_unary_call.h>
#include <grpcpp/support/byte_buffer.h>

#include <cstddef>
#include <vector>

#include "absl/strings/string_view.h"

namespace twofold {

// The methods of MethodTable() that belong to one gRPC service, as gRPC knows them. Each call's
// bytes come as they are.
class RawService final : public grpc::Service {
 public:
  using UnaryWriter = grpc::ServerAsyncResponseWriter<grpc::ByteBuffer>;
  using Stream = grpc::ServerAsyncReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>;

  explicit RawService(absl::string_view name);

  // These are indices in MethodTable(). Their positions are the methods' numbers in gRPC.
  const std::vector<size_t>& methods() const { return methods_; }

  // Wait for the next call of a method. `tag` comes out of `queue` when it has arrived.
  void RequestUnary(int method, grpc::ServerContext* context, grpc::ByteBuffer* request, UnaryWriter* writer,
                    grpc::ServerCompletionQueue* queue, void* tag) {
    RequestAsyncUnary(method, context, request, writer, queue, queue, tag);
  }
  void RequestStream(int method, grpc::ServerContext* context, Stream* stream,
                     grpc::ServerCompletionQueue* queue, void* tag) {
    RequestAsyncBidiStreaming(method, context, stream, queue, queue, tag);
  }

 private:
  std::vector<size_t> methods_;
};

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RPC_RAW_SERVICE_H_
