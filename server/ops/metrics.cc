#include "server/ops/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <limits>
#include <map>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/clock.h"

namespace twofold {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

// The bounds reach from a code that is checked in memory to a client's usual deadline.
constexpr std::array<int64_t, 14> kBucketMicros = {100,     250,       500,       1'000,     2'500,
                                                   5'000,   10'000,    25'000,    50'000,    100'000,
                                                   250'000, 1'000'000, 2'500'000, 10'000'000};
constexpr size_t kBuckets = kBucketMicros.size() + 1;
constexpr size_t kShards = 16;

// Threads are spread over the shards in the order of their first call.
size_t ShardOfThisThread() {
  static std::atomic<size_t> next{0};
  thread_local const size_t shard = next.fetch_add(1, std::memory_order_relaxed) % kShards;
  return shard;
}

using Cells = std::vector<std::atomic<int64_t>>;

struct alignas(64) Shard {
  Shard(size_t methods, size_t outcomes)
      : done(methods * outcomes), buckets(methods * kBuckets), micros(methods) {}

  std::atomic<int64_t> in_flight{0};  // May be negative: a call may end on another thread than it began.
  Cells done;                         // [method][outcome]
  Cells buckets;                      // [method][bucket]
  Cells micros;                       // [method]
};

void Add(std::atomic<int64_t>& cell, int64_t amount) { cell.fetch_add(amount, std::memory_order_relaxed); }

ClientMetric WithLabels(std::vector<ClientMetric::Label> labels) {
  ClientMetric metric;
  metric.label = std::move(labels);
  return metric;
}

MetricFamily Single(std::string name, std::string help, MetricType type, double value) {
  ClientMetric metric;
  (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  return {std::move(name), std::move(help), type, {std::move(metric)}};
}

class ShardedMetrics final : public Metrics {
 public:
  ShardedMetrics(std::vector<std::string> methods, std::vector<CallOutcome> outcomes, std::string version)
      : methods_(std::move(methods)),
        outcomes_(std::move(outcomes)),
        version_(std::move(version)),
        start_(static_cast<double>(SystemClock().Now()) / kMillisPerSecond) {
    for (size_t i = 0; i < kShards; ++i) {
      shards_.push_back(std::make_unique<Shard>(methods_.size(), outcomes_.size()));
    }
  }

  void CallStarted() override { Add(shards_[ShardOfThisThread()]->in_flight, 1); }

  void CallDone(size_t method, size_t outcome, absl::Duration elapsed) override {
    Shard& shard = *shards_[ShardOfThisThread()];
    Add(shard.in_flight, -1);
    if (method >= methods_.size() || outcome >= outcomes_.size()) return;
    const int64_t micros = absl::ToInt64Microseconds(elapsed);
    const auto* const bucket = std::lower_bound(kBucketMicros.begin(), kBucketMicros.end(), micros);
    Add(shard.done[method * outcomes_.size() + outcome], 1);
    Add(shard.buckets[method * kBuckets + static_cast<size_t>(bucket - kBucketMicros.begin())], 1);
    Add(shard.micros[method], micros);
  }

  void SentCode(absl::string_view type, absl::string_view prefix, absl::string_view outcome) override {
    absl::MutexLock lock(&mutex_);
    ++sent_codes_[{std::string(type), std::string(prefix), std::string(outcome)}];
  }

  void AddGauge(std::string name, std::string help, std::function<double()> read) override {
    AddReader({std::move(name), std::move(help), MetricType::Gauge, std::move(read)});
  }
  void AddCounter(std::string name, std::string help, std::function<double()> read) override {
    AddReader({std::move(name), std::move(help), MetricType::Counter, std::move(read)});
  }

  std::string RenderText() const override;

 private:
  struct Reader {
    std::string name;
    std::string help;
    MetricType type;
    std::function<double()> read;
  };

  void AddReader(Reader reader) {
    absl::MutexLock lock(&mutex_);
    readers_.push_back(std::move(reader));
  }

  // Returns the sum of the cell that `select` picks, over all shards.
  template <typename Select>
  int64_t Sum(Select select) const {
    int64_t sum = 0;
    for (const auto& shard : shards_) sum += select(*shard).load(std::memory_order_relaxed);
    return sum;
  }

  int64_t Done(size_t method, size_t outcome) const {
    return Sum([&](const Shard& s) -> auto& { return s.done[method * outcomes_.size() + outcome]; });
  }

  MetricFamily Handled() const;
  MetricFamily VerifyResults() const;
  MetricFamily HandlingSeconds() const;
  MetricFamily SentCodes() const;

  const std::vector<std::string> methods_;
  const std::vector<CallOutcome> outcomes_;
  const std::string version_;
  const double start_;
  std::vector<std::unique_ptr<Shard>> shards_;
  mutable absl::Mutex mutex_;
  std::vector<Reader> readers_ ABSL_GUARDED_BY(mutex_);
  // By type, dial prefix and outcome.
  std::map<std::array<std::string, 3>, int64_t> sent_codes_ ABSL_GUARDED_BY(mutex_);
};

MetricFamily ShardedMetrics::Handled() const {
  MetricFamily family{
      "grpc_server_handled_total", "Calls that ended, by method and status.", MetricType::Counter, {}};
  for (size_t method = 0; method < methods_.size(); ++method) {
    std::map<std::string, int64_t> by_code;
    for (size_t i = 0; i < outcomes_.size(); ++i) by_code[outcomes_[i].grpc_code] += Done(method, i);
    for (const auto& [code, count] : by_code) {
      ClientMetric metric = WithLabels({{"grpc_method", methods_[method]}, {"grpc_code", code}});
      metric.counter.value = static_cast<double>(count);
      family.metric.push_back(std::move(metric));
    }
  }
  return family;
}

MetricFamily ShardedMetrics::VerifyResults() const {
  MetricFamily family{"twofold_verify_total", "Verify calls that ended, by result.", MetricType::Counter, {}};
  const auto verify = std::find(methods_.begin(), methods_.end(), "Verify");
  if (verify == methods_.end()) return family;
  for (size_t i = 0; i < outcomes_.size(); ++i) {
    ClientMetric metric = WithLabels({{"result", outcomes_[i].result}});
    metric.counter.value = static_cast<double>(Done(static_cast<size_t>(verify - methods_.begin()), i));
    family.metric.push_back(std::move(metric));
  }
  return family;
}

MetricFamily ShardedMetrics::SentCodes() const {
  MetricFamily family{"twofold_sent_codes_total",
                      "Codes by message: taken by the carrier, failed, limited, refused, and verified.",
                      MetricType::Counter,
                      {}};
  absl::MutexLock lock(&mutex_);
  for (const auto& [labels, count] : sent_codes_) {
    ClientMetric metric = WithLabels({{"type", labels[0]}, {"prefix", labels[1]}, {"outcome", labels[2]}});
    metric.counter.value = static_cast<double>(count);
    family.metric.push_back(std::move(metric));
  }
  return family;
}

MetricFamily ShardedMetrics::HandlingSeconds() const {
  MetricFamily family{
      "grpc_server_handling_seconds", "Time from a call's arrival to its answer.", MetricType::Histogram, {}};
  for (size_t method = 0; method < methods_.size(); ++method) {
    ClientMetric metric = WithLabels({{"grpc_method", methods_[method]}});
    uint64_t count = 0;
    for (size_t i = 0; i < kBuckets; ++i) {
      const int64_t in_bucket =
          Sum([&](const Shard& s) -> auto& { return s.buckets[method * kBuckets + i]; });
      count += static_cast<uint64_t>(in_bucket);
      const double bound = i < kBucketMicros.size() ? static_cast<double>(kBucketMicros[i]) / 1e6
                                                    : std::numeric_limits<double>::infinity();
      metric.histogram.bucket.push_back({count, bound});
    }
    metric.histogram.sample_count = count;
    const int64_t micros = Sum([&](const Shard& s) -> auto& { return s.micros[method]; });
    metric.histogram.sample_sum = static_cast<double>(micros) / 1e6;
    family.metric.push_back(std::move(metric));
  }
  return family;
}

std::string ShardedMetrics::RenderText() const {
  std::vector<MetricFamily> families = {Handled(), VerifyResults(), HandlingSeconds()};
  MetricFamily sent_codes = SentCodes();
  if (!sent_codes.metric.empty()) families.push_back(std::move(sent_codes));
  const int64_t in_flight = Sum([](const Shard& s) -> auto& { return s.in_flight; });
  families.push_back(Single("twofold_in_flight", "Calls in flight.", MetricType::Gauge,
                            static_cast<double>(std::max<int64_t>(in_flight, 0))));
  families.push_back(Single("process_start_time_seconds",
                            "Start of the process, in seconds since the Unix epoch.", MetricType::Gauge,
                            start_));
  ClientMetric build = WithLabels({{"version", version_}});
  build.gauge.value = 1;
  families.push_back(
      {"twofold_build_info", "Always 1. The label is the release.", MetricType::Gauge, {build}});
  absl::MutexLock lock(&mutex_);
  for (const Reader& reader : readers_) {
    families.push_back(Single(reader.name, reader.help, reader.type, reader.read()));
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace

std::unique_ptr<Metrics> NewMetrics(std::vector<std::string> methods, std::vector<CallOutcome> outcomes,
                                    std::string version) {
  return std::make_unique<ShardedMetrics>(std::move(methods), std::move(outcomes), std::move(version));
}

}  // namespace twofold
