#ifndef TWOFOLD_SERVER_SERVICE_H_
#define TWOFOLD_SERVER_SERVICE_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "common/random.h"
#include "server/options.h"
#include "server/rpc/rpc_service.h"
#include "server/store/open.h"

namespace twofold {

// A whole server with its storage, engine, ports, audit log, metrics and the monitor of all of
// them.
//
// One thread calls Start, AwaitStop, Answers and Shutdown. Any thread may call the others.
class Service {
 public:
  // Shuts down. Blocks until a start that was stopped has ended.
  virtual ~Service() = default;

  // Opens the ports, then the stores, and makes new files last. While a storage or a remote limiter
  // cannot be reached, for up to --start_timeout, the ports are open, and the server is live and
  // not ready. Errors are one sentence for operators. CANCELLED means that Stop was called. Blocks.
  // Call it once.
  virtual absl::Status Start() = 0;

  // Makes AwaitStop return, and Start if it still runs. Never blocks. Idempotent.
  virtual void Stop() = 0;
  // Returns false if nobody calls Stop within `time`.
  virtual bool AwaitStop(absl::Duration time) = 0;

  // Returns whether every request thread takes work within `time`. Blocks that long at most. Call it
  // between Start and Shutdown.
  virtual bool Answers(absl::Duration time) = 0;

  // The addresses of gRPC and, unless it is off, of the operators' HTTP. Call these after Start.
  virtual std::string address() const = 0;
  virtual std::string ops_address() const = 0;

  // Opens the audit log's file again, for log rotation, and reads certificates, policy and key ring
  // again, whether or not they changed. The error is that of the audit log. Does nothing before
  // Start has opened it.
  virtual absl::Status Reload() = 0;

  // Makes the server not ready, takes no more calls, finishes running calls within --drain_timeout,
  // and closes everything. A storage or a file that hangs can make it last longer. Blocks.
  // Idempotent. The destructor calls it too.
  virtual void Shutdown() = 0;
};

// What a benchmark adds to a server. The server itself adds nothing.
struct ServiceExtras {
  // A service on the same port and request loops. It must outlive the server.
  RpcService* service = nullptr;
  // Called when the stores are open, before any call is accepted. The stores live until Shutdown.
  std::function<absl::Status(Stores& stores)> prepare = nullptr;
};

// The service does nothing before its Start. `clock`, `random` and everything that the other
// arguments refer to must outlive it.
std::unique_ptr<Service> NewService(const Options& options, const Clock& clock, Random& random,
                                    const ServiceExtras& extras = {});

}  // namespace twofold

#endif  // TWOFOLD_SERVER_SERVICE_H_
