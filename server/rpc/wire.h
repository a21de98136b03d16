#ifndef TWOFOLD_SERVER_RPC_WIRE_H_
#define TWOFOLD_SERVER_RPC_WIRE_H_

#include <google/protobuf/message.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include "absl/status/status.h"

// These functions convert between bytes, messages and statuses.

namespace twofold {

// Returns INVALID_REQUEST if the bytes are not such a message. If a text field is not UTF-8, the
// error names the field.
absl::Status ParseMessage(const grpc::ByteBuffer& bytes, google::protobuf::Message& message);

void SerializeMessage(const google::protobuf::Message& message, grpc::ByteBuffer& bytes);

// Converts a status, with its payloads as google.rpc.Status in the trailer. A status that no rule
// made becomes INTERNAL with an id, and its real text is logged under that id.
grpc::Status ToGrpcStatus(const absl::Status& status);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RPC_WIRE_H_
