#ifndef TWOFOLD_SERVER_RPC_WIRE_H_
#define TWOFOLD_SERVER_RPC_WIRE_H_

#include <google/protobuf/message.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include "absl/status/status.h"

// Between bytes, messages and statuses.

namespace twofold {

// INVALID_REQUEST when the bytes are no such message; where a text field is not UTF-8, it names the field.
absl::Status ParseMessage(const grpc::ByteBuffer& bytes, google::protobuf::Message& message);

void SerializeMessage(const google::protobuf::Message& message, grpc::ByteBuffer& bytes);

// With the status's payloads as google.rpc.Status in the trailer. A status that no rule made leaves as
// INTERNAL with an id under which its real text is logged.
grpc::Status ToGrpcStatus(const absl::Status& status);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RPC_WIRE_H_
