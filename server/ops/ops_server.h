#ifndef TWOFOLD_SERVER_OPS_OPS_SERVER_H_
#define TWOFOLD_SERVER_OPS_OPS_SERVER_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace twofold {

// The contents of the pages. The functions are called on the server's own threads and must not
// block.
struct OpsPages {
  std::function<std::string()> metrics;  // /metrics: Prometheus text.
  std::function<absl::Status()> ready;   // /readyz: 200, or 503 with the message.
};

// Serves plain HTTP for operators: /metrics, /livez (200 as long as the process answers), /readyz
// and an index. It accepts GET and HEAD only. It has threads of its own, so it answers probes
// however busy the request threads are. The destructor stops it.
class OpsServer {
 public:
  virtual ~OpsServer() = default;

  // Returns the address that it listens on, with the port that the system picked: "127.0.0.1:9464".
  virtual std::string address() const = 0;
};

// `address` is host:port. Returns INVALID_ARGUMENT for any other text, and UNAVAILABLE if the
// server cannot listen there, for example because the port is taken. The process must ignore
// SIGPIPE (HardenProcess).
absl::StatusOr<std::unique_ptr<OpsServer>> StartOpsServer(const std::string& address, OpsPages pages);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_OPS_OPS_SERVER_H_
