#ifndef TWOFOLD_BENCH_LOAD_MEASURE_H_
#define TWOFOLD_BENCH_LOAD_MEASURE_H_

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bench/load/target.h"

namespace twofold::bench {

using Steady = std::chrono::steady_clock;

inline double SecondsSince(Steady::time_point begin) {
  return std::chrono::duration<double>(Steady::now() - begin).count();
}

// What the server, Redis and the client have used until one moment.
struct Usage {
  Steady::time_point at;
  double server_cpu_us = 0;
  int64_t allocations = 0;
  int64_t resident_bytes = 0;
  double redis_cpu_us = 0;
  double client_cpu_us = 0;
};

// `stats` is the server's answer to the command of that name. `redis` may be 0.
Usage UsageNow(const nlohmann::json& stats, pid_t redis);

// Collects the calls of one window.
class Tally {
 public:
  void Reserve(size_t calls) { latencies_us_.reserve(calls); }
  void Add(const grpc::Status& status, Steady::duration latency);
  void Clear();

  int64_t calls() const { return static_cast<int64_t>(latencies_us_.size()); }
  int64_t accepted() const { return accepted_; }

  // Returns rates, latencies, the cost of a call, and how many calls ended in each status.
  nlohmann::json Report(const Usage& begin, const Usage& end);

 private:
  double Quantile(double q);

  std::vector<float> latencies_us_;
  int64_t accepted_ = 0;
  std::map<std::string, int64_t> refused_;
};

}  // namespace twofold::bench

#endif  // TWOFOLD_BENCH_LOAD_MEASURE_H_
