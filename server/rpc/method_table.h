#ifndef TWOFOLD_SERVER_RPC_METHOD_TABLE_H_
#define TWOFOLD_SERVER_RPC_METHOD_TABLE_H_

#include <grpcpp/support/byte_buffer.h>

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/task.h"
#include "server/access/access_control.h"
#include "server/access/role.h"
#include "server/engine/engine.h"
#include "server/rpc/call_observer.h"
#include "server/rpc/message_stream.h"

namespace twofold {

// What a handler is given beside its request.
struct CallContext {
  Engine& engine;
  CallFacts& facts;
  // It may call the method. The handler checks the tenants that the request names.
  const Authorization& caller;
  // For a stream, during which the policy may be replaced.
  const AccessControl& access;
  // For events of the parts of a stream.
  CallObserver& observer;
  // The method's position in MethodTable().
  size_t method;

  // Return whether the policy that is in force now lets the caller use this tenant, or every one.
  absl::Status CheckTenantNow(absl::string_view tenant) const;
  bool MayUseAllTenantsNow() const;
};

// An RPC, with its name, the roles that may call it, and its handler. Without roles it does not
// compile.
struct Method {
  // Fills in `answer` if the status is OK. The argument is a reference because moving a ByteBuffer
  // copies it.
  using Unary = Task<absl::Status> (*)(CallContext call, const grpc::ByteBuffer& request,
                                       grpc::ByteBuffer& answer);
  using Stream = Task<absl::Status> (*)(CallContext call, MessageStream& messages);

  Method(const char* path_in, Roles roles_in, Unary unary_in)
      : path(path_in), name(NameOf(path)), roles(roles_in), unary(unary_in) {}
  Method(const char* path_in, Roles roles_in, Stream stream_in)
      : path(path_in), name(NameOf(path)), roles(roles_in), stream(stream_in) {}

  // A path such as "/twofold.v1.TwoFactorService/Verify", which lives as long as the process.
  const char* path;
  // A name such as "Verify".
  absl::string_view name;
  // A caller needs one of them.
  Roles roles;
  // One of the two is null.
  Unary unary = nullptr;
  Stream stream = nullptr;

 private:
  static absl::string_view NameOf(absl::string_view path) { return path.substr(path.rfind('/') + 1); }
};

// Returns every RPC that this server answers. A method's index is its position here.
const std::vector<Method>& MethodTable();

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RPC_METHOD_TABLE_H_
