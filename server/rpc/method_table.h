#ifndef TWOFOLD_SERVER_RPC_METHOD_TABLE_H_
#define TWOFOLD_SERVER_RPC_METHOD_TABLE_H_

#include <grpcpp/support/byte_buffer.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/task.h"
#include "server/engine/engine.h"

namespace twofold {

// An RPC, with its name and its handler.
struct Method {
  // Fills in `answer` if the status is OK. The argument is a reference because moving a ByteBuffer
  // copies it.
  using Handler = Task<absl::Status> (*)(Engine&, CallFacts&, const grpc::ByteBuffer& request,
                                         grpc::ByteBuffer& answer);

  // A path such as "/twofold.v1.TwoFactorService/Verify", which lives as long as the process.
  const char* path;
  // A name such as "Verify".
  absl::string_view name;
  Handler handle;
};

// Returns every RPC that this server answers. A method's index is its position here.
const std::vector<Method>& MethodTable();

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RPC_METHOD_TABLE_H_
