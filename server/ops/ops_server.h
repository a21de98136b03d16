#ifndef TWOFOLD_SERVER_OPS_OPS_SERVER_H_
#define TWOFOLD_SERVER_OPS_OPS_SERVER_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace twofold {

// What the pages show; called on the server's own threads, must not block.
struct OpsPages {
  std::function<std::string()> metrics;  // /metrics: Prometheus text.
  std::function<absl::Status()> ready;   // /readyz: 200, or 503 with the message.
};

// Plain HTTP for operators: /metrics, /livez (200 as long as the process answers), /readyz and an index. GET
// and HEAD only. It has threads of its own, so a probe is answered whatever the request threads do. The
// destructor stops it.
class OpsServer {
 public:
  virtual ~OpsServer() = default;

  // Where it listens, with the port that was picked: "127.0.0.1:9464".
  virtual std::string address() const = 0;
};

// `address` is host:port. INVALID_ARGUMENT: it is none; UNAVAILABLE: it cannot be listened on, for example
// because it is taken. SIGPIPE must be ignored in the process (HardenProcess).
absl::StatusOr<std::unique_ptr<OpsServer>> StartOpsServer(const std::string& address, OpsPages pages);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_OPS_OPS_SERVER_H_
