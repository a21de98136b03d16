#ifndef TWOFOLD_SERVER_SERVICE_H_
#define TWOFOLD_SERVER_SERVICE_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "common/clock.h"
#include "common/random.h"
#include "server/options.h"
#include "server/rpc/unary_service.h"
#include "server/stores.h"

namespace twofold {

// A whole server: storage, engine, ports, audit, metrics and the watch over all of them.
//
// Start, AwaitStop and Shutdown are for one thread, the others for any.
class Service {
 public:
  // Shuts down. Blocks until a start that was stopped has ended.
  virtual ~Service() = default;

  // Opens the ports, then the stores, and makes last what is to be made. While a storage or a limiter of its
  // own cannot be reached, the ports are open, and the server is live and not ready, for up to
  // --start_timeout. Errors are one sentence for operators; CANCELLED: it was told to stop. Blocks. Once.
  virtual absl::Status Start() = 0;

  // Lets AwaitStop return, and Start if it has not yet. Never blocks. Idempotent.
  virtual void Stop() = 0;
  virtual void AwaitStop() = 0;

  // Where gRPC and, unless it is off, the operators' HTTP listen. After Start.
  virtual std::string address() const = 0;
  virtual std::string ops_address() const = 0;

  // Opens the audit log's file again, for log rotation. Nothing to do before Start has opened it.
  virtual absl::Status ReopenAuditLog() = 0;

  // Not ready, no more calls, those under way are finished within --drain_timeout, everything is closed. What
  // hangs in a storage or a file can make it last longer. Blocks; idempotent; the destructor does it too.
  virtual void Shutdown() = 0;
};

// What measurements add to a server; the server itself adds nothing.
struct ServiceExtras {
  // Served on the same port and request loops; outlives the service.
  UnaryService* service = nullptr;
  // Called when the stores are open and before the first call is served. The stores live until Shutdown.
  std::function<absl::Status(Stores& stores)> prepare = nullptr;
};

// Does nothing until its Start. `clock`, `random` and what the others refer to outlive the service.
std::unique_ptr<Service> NewService(const Options& options, const Clock& clock, Random& random,
                                    const ServiceExtras& extras = {});

}  // namespace twofold

#endif  // TWOFOLD_SERVER_SERVICE_H_
