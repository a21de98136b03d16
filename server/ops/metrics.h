#ifndef TWOFOLD_SERVER_OPS_METRICS_H_
#define TWOFOLD_SERVER_OPS_METRICS_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace twofold {

// An outcome of a call in the words of the metrics, such as {"CODE_REJECTED", "PermissionDenied"}.
struct CallOutcome {
  std::string result;     // twofold_verify_total{result}
  std::string grpc_code;  // grpc_server_handled_total{grpc_code}. Outcomes may share one.
};

// Counts calls by method and outcome, and reads other values when somebody asks. Thread-safe.
// Counting a call is a few relaxed atomic additions on counters of the calling thread's own shard.
// It takes no lock and allocates nothing. Counting a sent code takes a lock, and there are few of
// them.
class Metrics {
 public:
  virtual ~Metrics() = default;

  virtual void CallStarted() = 0;

  // `method` and `outcome` are indices into the lists given to NewMetrics. Other indices are
  // ignored.
  virtual void CallDone(size_t method, size_t outcome, absl::Duration elapsed) = 0;

  // Counts a code that was sent, was not sent, or came back right. The texts are few: `outcome` is
  // one of a handful of words, and `prefix` a dial prefix that the operator lists.
  virtual void SentCode(absl::string_view type, absl::string_view prefix, absl::string_view outcome) = 0;

  // Adds a value that lives elsewhere. RenderText calls `read` on its own thread, until the Metrics
  // ends.
  virtual void AddGauge(std::string name, std::string help, std::function<double()> read) = 0;
  virtual void AddCounter(std::string name, std::string help, std::function<double()> read) = 0;

  // Returns everything in Prometheus's text format 0.0.4.
  virtual std::string RenderText() const = 0;
};

// The method named "Verify" also feeds twofold_verify_total. `version` is the label of
// twofold_build_info.
std::unique_ptr<Metrics> NewMetrics(std::vector<std::string> methods, std::vector<CallOutcome> outcomes,
                                    std::string version);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_OPS_METRICS_H_
