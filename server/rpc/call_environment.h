#ifndef TWOFOLD_SERVER_RPC_CALL_ENVIRONMENT_H_
#define TWOFOLD_SERVER_RPC_CALL_ENVIRONMENT_H_

#include <atomic>
#include <cstdint>
#include <string>

#include "common/async.h"
#include "server/access/access_control.h"
#include "server/engine/engine.h"
#include "server/rpc/call_observer.h"

namespace twofold {

// Everything that calls need. It must outlive the service.
struct CallEnvironment {
  // Null until there is a store. Until then calls are answered with STORAGE_UNAVAILABLE.
  const std::atomic<Engine*>& engine;
  CallObserver& observer;
  const AccessControl& access;
  // The request header in which a proxy hands on its client's identity, in lower case. Empty means
  // that identities come from client certificates.
  const std::string caller_header;
  InFlight& in_flight;
  // Streaming calls alone. They count as calls, too.
  InFlight& streams;
  const int64_t max_in_flight;
};

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RPC_CALL_ENVIRONMENT_H_
