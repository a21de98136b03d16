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

// One RPC: its name, and what answers it.
struct Method {
  // Fills in `answer` where the status is OK. By reference, since a ByteBuffer is copied whenever it is
  // moved.
  using Handler = Task<absl::Status> (*)(Engine&, CallFacts&, const grpc::ByteBuffer& request,
                                         grpc::ByteBuffer& answer);

  // "/twofold.v1.TwoFactorService/Verify"; lives as long as the process.
  const char* path;
  // "Verify".
  absl::string_view name;
  Handler handle;
};

// Every RPC that this server answers. A method's index is its place here.
const std::vector<Method>& MethodTable();

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RPC_METHOD_TABLE_H_
