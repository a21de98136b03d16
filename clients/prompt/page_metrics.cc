#include "clients/prompt/page_metrics.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "prometheus/counter.h"
#include "prometheus/histogram.h"
#include "prometheus/text_serializer.h"
#include "server/ops/version.h"

namespace twofold {
namespace {

const prometheus::Histogram::BucketBoundaries& Seconds() {
  static const auto* const bounds = new prometheus::Histogram::BucketBoundaries{
      0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20};
  return *bounds;
}

constexpr absl::string_view kActions[] = {"verify",    "challenge",    "enroll", "resend", "confirm",
                                          "saved",     "finish",       "rename", "prefer", "remove",
                                          "new-codes", "delete-codes", "cancel"};

std::string PageOf(absl::string_view method, absl::string_view path) {
  if (path == "/start") return method == "POST" ? "open" : "start";
  if (absl::StartsWith(path, "/assets/") || path == "/theme.css" || path == "/logo") return "file";
  if (!absl::StartsWith(path, "/p/")) return "other";
  if (method != "POST") return "show";
  const absl::string_view action = path.substr(path.rfind('/') + 1);
  const bool known = std::find(std::begin(kActions), std::end(kActions), action) != std::end(kActions);
  return known ? std::string(action) : "other";
}

}  // namespace

PageMetrics::PageMetrics()
    : requests_(prometheus::BuildCounter()
                    .Name("twofold_prompt_requests_total")
                    .Help("Answers to browsers, by page and HTTP status.")
                    .Register(registry_)),
      seconds_(prometheus::BuildHistogram()
                   .Name("twofold_prompt_request_seconds")
                   .Help("Time from a request's last byte to its answer, by page.")
                   .Register(registry_)) {
  prometheus::BuildGauge()
      .Name("twofold_build_info")
      .Help("The release.")
      .Register(registry_)
      .Add({{"version", kVersion}})
      .Set(1);
}

void PageMetrics::Answered(absl::string_view method, absl::string_view path, unsigned status,
                           absl::Duration elapsed) {
  const std::string page = PageOf(method, path);
  requests_.Add({{"page", page}, {"code", absl::StrCat(status)}}).Increment();
  seconds_.Add({{"page", page}}, Seconds()).Observe(absl::ToDoubleSeconds(elapsed));
}

std::string PageMetrics::RenderText() const {
  return prometheus::TextSerializer().Serialize(registry_.Collect());
}

}  // namespace twofold
