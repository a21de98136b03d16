#ifndef TWOFOLD_BENCH_FLOORS_SAMPLES_H_
#define TWOFOLD_BENCH_FLOORS_SAMPLES_H_

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <vector>

namespace twofold::bench {

// Times operations that run one after the other until enough time has passed.
class Samples {
 public:
  explicit Samples(double seconds) : seconds_(seconds) {}

  bool Done() const { return Elapsed() >= seconds_; }
  void Begin() { sample_begin_ = Clock::now(); }
  void End() {
    micros_.push_back(std::chrono::duration<double, std::micro>(Clock::now() - sample_begin_).count());
  }

  // `each` is the number of operations in one sample.
  nlohmann::json Report(int64_t each) {
    std::sort(micros_.begin(), micros_.end());
    nlohmann::json report;
    report["qps"] = static_cast<double>(micros_.size()) * static_cast<double>(each) / Elapsed();
    report["p50_us"] = micros_.empty() ? 0 : micros_[micros_.size() / 2];
    report["p99_us"] = micros_.empty() ? 0 : micros_[micros_.size() * 99 / 100];
    return report;
  }

 private:
  using Clock = std::chrono::steady_clock;

  double Elapsed() const { return std::chrono::duration<double>(Clock::now() - begin_).count(); }

  const double seconds_;
  const Clock::time_point begin_ = Clock::now();
  Clock::time_point sample_begin_;
  std::vector<double> micros_;
};

}  // namespace twofold::bench

#endif  // TWOFOLD_BENCH_FLOORS_SAMPLES_H_
