#ifndef TWOFOLD_SERVER_RPC_UNARY_CALL_H_
#define TWOFOLD_SERVER_RPC_UNARY_CALL_H_

#include "server/rpc/call_environment.h"
#include "server/rpc/raw_service.h"
#include "server/rpc/request_loop.h"

namespace twofold {

// Waits on `loop` for the next call of the method with this number in `service`, carries it out,
// and waits for further ones meanwhile, until the server shuts down. The arguments outlive the
// calls. Call it before the loop runs, or on its thread.
void AwaitUnaryCall(RawService& service, int method, const CallEnvironment& environment, RequestLoop& loop);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RPC_UNARY_CALL_H_
