#ifndef TWOFOLD_SERVER_RPC_ADMIN_STREAMS_H_
#define TWOFOLD_SERVER_RPC_ADMIN_STREAMS_H_

#include "absl/status/status.h"
#include "common/task.h"
#include "server/rpc/message_stream.h"
#include "server/rpc/method_table.h"

// The streaming methods of AdminService.

namespace twofold {

// The most methods in one stream of ImportMethods.
inline constexpr int kMaxImportedMethods = 10'000;

Task<absl::Status> ServeImportMethods(CallContext call, MessageStream& messages);
Task<absl::Status> ServeExportMethods(CallContext call, MessageStream& messages);
Task<absl::Status> ServeRewrapSecrets(CallContext call, MessageStream& messages);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RPC_ADMIN_STREAMS_H_
