#ifndef TWOFOLD_SERVER_RPC_STREAM_CALL_H_
#define TWOFOLD_SERVER_RPC_STREAM_CALL_H_

#include "server/rpc/call_environment.h"
#include "server/rpc/raw_service.h"
#include "server/rpc/request_loop.h"

namespace twofold {

// The same for a streaming method as AwaitUnaryCall (unary_call.h) for a unary one.
void AwaitStreamCall(RawService& service, int method, const CallEnvironment& environment, RequestLoop& loop);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RPC_STREAM_CALL_H_
