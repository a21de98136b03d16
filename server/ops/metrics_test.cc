#include "server/ops/metrics.h"

#include <regex>
#include <set>
#include <sstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace twofold {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

enum : size_t { kVerify, kEnroll };
enum : size_t { kOk, kRejected, kLimited, kLocked };

std::unique_ptr<Metrics> New() {
  return NewMetrics({"Verify", "Enroll"},
                    {{"ok", "OK"},
                     {"CODE_REJECTED", "PermissionDenied"},
                     {"RATE_LIMITED", "ResourceExhausted"},
                     {"LOCKED", "ResourceExhausted"}},
                    "1.2.3");
}

void Call(Metrics& metrics, size_t method, size_t outcome, absl::Duration elapsed = absl::Milliseconds(1)) {
  metrics.CallStarted();
  metrics.CallDone(method, outcome, elapsed);
}

TEST(Metrics, CountsCallsByMethodAndCode) {
  const auto metrics = New();
  Call(*metrics, kVerify, kOk);
  Call(*metrics, kVerify, kLimited);
  Call(*metrics, kVerify, kLocked);
  Call(*metrics, kEnroll, kOk);
  const std::string text = metrics->RenderText();
  for (const char* line : {
           "grpc_server_handled_total{grpc_method=\"Verify\",grpc_code=\"OK\"} 1\n",
           "grpc_server_handled_total{grpc_method=\"Verify\",grpc_code=\"ResourceExhausted\"} 2\n",
           "grpc_server_handled_total{grpc_method=\"Verify\",grpc_code=\"PermissionDenied\"} 0\n",
           "grpc_server_handled_total{grpc_method=\"Enroll\",grpc_code=\"OK\"} 1\n",
           "twofold_verify_total{result=\"ok\"} 1\n",
           "twofold_verify_total{result=\"RATE_LIMITED\"} 1\n",
           "twofold_verify_total{result=\"LOCKED\"} 1\n",
           "twofold_verify_total{result=\"CODE_REJECTED\"} 0\n",
       }) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(Metrics, HistogramBucketsAreCumulativeAndIncludeTheirBound) {
  const auto metrics = New();
  for (const absl::Duration elapsed : {absl::Microseconds(100), absl::Microseconds(101), absl::Seconds(60)}) {
    Call(*metrics, kVerify, kOk, elapsed);
  }
  const std::string text = metrics->RenderText();
  for (const char* line : {
           "grpc_server_handling_seconds_bucket{grpc_method=\"Verify\",le=\"0.0001\"} 1\n",
           "grpc_server_handling_seconds_bucket{grpc_method=\"Verify\",le=\"0.00025\"} 2\n",
           "grpc_server_handling_seconds_bucket{grpc_method=\"Verify\",le=\"10\"} 2\n",
           "grpc_server_handling_seconds_bucket{grpc_method=\"Verify\",le=\"+Inf\"} 3\n",
           "grpc_server_handling_seconds_count{grpc_method=\"Verify\"} 3\n",
           "grpc_server_handling_seconds_sum{grpc_method=\"Verify\"} 60.000201\n",
       }) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(Metrics, InFlightSurvivesAChangeOfThread) {
  const auto metrics = New();
  metrics->CallStarted();
  metrics->CallStarted();
  EXPECT_THAT(metrics->RenderText(), HasSubstr("twofold_in_flight 2\n"));
  std::thread([&] { metrics->CallDone(kVerify, kOk, absl::ZeroDuration()); }).join();
  EXPECT_THAT(metrics->RenderText(), HasSubstr("twofold_in_flight 1\n"));
}

TEST(Metrics, ReadsWhatLivesElsewhere) {
  const auto metrics = New();
  double ready = 1;
  metrics->AddGauge("twofold_storage_ready", "Whether.", [&] { return ready; });
  metrics->AddCounter("twofold_audit_dropped_total", "How many.", [] { return 7; });
  EXPECT_THAT(metrics->RenderText(),
              HasSubstr("# TYPE twofold_storage_ready gauge\ntwofold_storage_ready 1\n"));
  ready = 0;
  EXPECT_THAT(metrics->RenderText(), HasSubstr("twofold_storage_ready 0\n"));
  EXPECT_THAT(metrics->RenderText(),
              HasSubstr("# TYPE twofold_audit_dropped_total counter\ntwofold_audit_dropped_total 7\n"));
}

TEST(Metrics, SaysWhatRunsAndSinceWhen) {
  const std::string text = New()->RenderText();
  EXPECT_THAT(text, HasSubstr("twofold_build_info{version=\"1.2.3\"} 1\n"));
  std::smatch match;
  ASSERT_TRUE(std::regex_search(text, match, std::regex("\nprocess_start_time_seconds ([0-9.e+]+)\n")));
  EXPECT_NEAR(std::stod(match[1]), static_cast<double>(absl::ToUnixSeconds(absl::Now())), 60);
}

TEST(Metrics, UnknownIndicesAreIgnored) {
  const auto metrics = New();
  Call(*metrics, 2, kOk);
  Call(*metrics, kVerify, 4);
  const std::string text = metrics->RenderText();
  EXPECT_THAT(text, Not(HasSubstr("} 1\n# ")));
  EXPECT_THAT(text, HasSubstr("grpc_server_handling_seconds_count{grpc_method=\"Verify\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("twofold_in_flight 0\n"));
}

TEST(Metrics, EveryLineHasTheTextFormat) {
  std::istringstream text(New()->RenderText());
  const std::regex format(
      R"re(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? [0-9.e+-]+)re");
  std::set<std::string> types;
  for (std::string line; std::getline(text, line);) {
    EXPECT_TRUE(std::regex_match(line, format)) << line;
    if (!line.starts_with("# TYPE ")) continue;
    EXPECT_TRUE(types.insert(line).second) << line;
  }
  EXPECT_EQ(types.size(), 6U);
}

TEST(Metrics, ManyThreadsLoseNoCall) {
  const auto metrics = New();
  std::vector<std::thread> threads;
  for (int t = 0; t < 20; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) Call(*metrics, kVerify, kOk);
    });
  }
  for (int i = 0; i < 10; ++i) metrics->RenderText();
  for (std::thread& thread : threads) thread.join();
  const std::string text = metrics->RenderText();
  EXPECT_THAT(text, HasSubstr("twofold_verify_total{result=\"ok\"} 20000\n"));
  EXPECT_THAT(text, HasSubstr("twofold_in_flight 0\n"));
}

}  // namespace
}  // namespace twofold
