#ifndef TWOFOLD_SERVER_SERVICE_H_
#define TWOFOLD_SERVER_SERVICE_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/clock.h"
#include "common/random.h"
#include "crypto/key_ring.h"
#include "server/options.h"
#include "server/rpc/unary_service.h"
#include "storage/storage.h"

namespace twofold {

// A whole server: storage, engine, ports, audit, metrics and the watch over all of them.
class Service {
 public:
  virtual ~Service() = default;

  // Where gRPC and, unless it is off, the operators' HTTP listen.
  virtual std::string address() const = 0;
  virtual std::string ops_address() const = 0;

  // Opens the audit log's file again, for log rotation.
  virtual absl::Status ReopenAuditLog() = 0;

  // Not ready, no more calls, those under way are finished, everything is closed. Blocks; idempotent; the
  // destructor does it too.
  virtual void Shutdown() = 0;
};

// What measurements add to a server; the server itself adds nothing.
struct ServiceExtras {
  // Served on the same port and request loops; outlives the service.
  UnaryService* service = nullptr;
  // Called when the stores are open and nothing listens yet.
  std::function<absl::Status(Storage& storage, const KeyRing& ring)> prepare = nullptr;
};

// Opens everything, and the ports last. Errors are one sentence for operators. `clock` and `random` outlive
// the service. Blocks.
absl::StatusOr<std::unique_ptr<Service>> StartService(const Options& options, const Clock& clock,
                                                      Random& random, const ServiceExtras& extras = {});

}  // namespace twofold

#endif  // TWOFOLD_SERVER_SERVICE_H_
