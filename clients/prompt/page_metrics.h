#ifndef TWOFOLD_CLIENTS_PROMPT_PAGE_METRICS_H_
#define TWOFOLD_CLIENTS_PROMPT_PAGE_METRICS_H_

#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "prometheus/registry.h"

namespace twofold {

// Counts the answers of the page process. Thread-safe.
class PageMetrics {
 public:
  PageMetrics();

  // `method` and `path` are those of the request, without the prefix. They become one of a few words, so
  // that nobody can make up labels.
  void Answered(absl::string_view method, absl::string_view path, unsigned status, absl::Duration elapsed);

  // Returns everything in Prometheus's text format 0.0.4.
  std::string RenderText() const;

 private:
  prometheus::Registry registry_;
  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Family<prometheus::Histogram>& seconds_;
};

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_PROMPT_PAGE_METRICS_H_
