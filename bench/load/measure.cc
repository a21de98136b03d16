#include "bench/load/measure.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

namespace twofold::bench {
namespace {

constexpr double kMicrosPerSecond = 1e6;

// Reads utime and stime, the 14th and 15th field of the file. The second field is in brackets and
// may hold blanks.
double CpuOf(pid_t pid) {
  if (pid == 0) return 0;
  std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  std::istringstream fields(text.substr(std::min(text.size(), text.rfind(')') + 2)));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) * kMicrosPerSecond / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double OwnCpu() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto micros = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * kMicrosPerSecond + static_cast<double>(time.tv_usec);
  };
  return micros(usage.ru_utime) + micros(usage.ru_stime);
}

std::string NameOf(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::OK:
      return "OK";
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return "DEADLINE_EXCEEDED";
    default:
      return std::to_string(status.error_code()) + " " + status.error_message();
  }
}

}  // namespace

Usage UsageNow(const nlohmann::json& stats, pid_t redis) {
  Usage usage;
  usage.at = Steady::now();
  usage.server_cpu_us = stats.at("cpu_us").get<double>();
  usage.allocations = stats.at("allocations").get<int64_t>();
  usage.resident_bytes = stats.at("resident_bytes").get<int64_t>();
  usage.redis_cpu_us = CpuOf(redis);
  usage.client_cpu_us = OwnCpu();
  return usage;
}

void Tally::Add(const grpc::Status& status, Steady::duration latency) {
  latencies_us_.push_back(std::chrono::duration<float, std::micro>(latency).count());
  if (status.ok()) {
    ++accepted_;
  } else {
    ++refused_[NameOf(status)];
  }
}

void Tally::Clear() {
  latencies_us_.clear();
  accepted_ = 0;
  refused_.clear();
}

double Tally::Quantile(double q) {
  if (latencies_us_.empty()) return 0;
  const auto at = static_cast<std::ptrdiff_t>(q * static_cast<double>(latencies_us_.size() - 1));
  std::nth_element(latencies_us_.begin(), latencies_us_.begin() + at, latencies_us_.end());
  return static_cast<double>(latencies_us_[static_cast<size_t>(at)]);
}

nlohmann::json Tally::Report(const Usage& begin, const Usage& end) {
  const double seconds = std::chrono::duration<double>(end.at - begin.at).count();
  const double calls = std::max(1.0, static_cast<double>(latencies_us_.size()));
  nlohmann::json report;
  report["seconds"] = seconds;
  report["calls"] = latencies_us_.size();
  report["accepted"] = accepted_;
  report["qps"] = calls / seconds;
  report["accepted_qps"] = static_cast<double>(accepted_) / seconds;
  report["p50_us"] = Quantile(0.5);
  report["p99_us"] = Quantile(0.99);
  report["max_us"] = Quantile(1);
  report["server_cpu_us"] = (end.server_cpu_us - begin.server_cpu_us) / calls;
  report["redis_cpu_us"] = (end.redis_cpu_us - begin.redis_cpu_us) / calls;
  report["client_cpu_us"] = (end.client_cpu_us - begin.client_cpu_us) / calls;
  report["allocations"] = static_cast<double>(end.allocations - begin.allocations) / calls;
  report["resident_bytes"] = end.resident_bytes;
  report["refused"] = refused_;
  return report;
}

}  // namespace twofold::bench
