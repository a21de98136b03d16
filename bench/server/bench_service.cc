#include "bench/server/bench_service.h"

#include <grpcpp/impl/codegen/rpc_service_method.h>
#include <grpcpp/impl/codegen/service_type.h>
#include <grpcpp/support/async_unary_call.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "bench/server/allocations.h"
#include "bench/server/loop_watch.h"
#include "common/async.h"

namespace twofold::bench {
namespace {

using Json = nlohmann::json;

constexpr int64_t kMicrosPerSecond = 1'000'000;

int64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  int64_t whole = 0;
  int64_t resident = 0;
  statm >> whole >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

int64_t Micros(const timeval& time) { return time.tv_sec * kMicrosPerSecond + time.tv_usec; }

class RawMethods final : public grpc::Service {
 public:
  RawMethods() {
    for (const char* path : {kBarePath, kStorePath, kControlPath}) {
      AddMethod(new grpc::internal::RpcServiceMethod(path, grpc::internal::RpcMethod::NORMAL_RPC, nullptr));
    }
    for (const int method : {kBare, kStore, kControl}) MarkMethodRaw(method);
  }

  static constexpr int kBare = 0;
  static constexpr int kStore = 1;
  static constexpr int kControl = 2;

  void Request(int method, grpc::ServerContext* context, grpc::ByteBuffer* request,
               grpc::ServerAsyncResponseWriter<grpc::ByteBuffer>* writer, grpc::ServerCompletionQueue* queue,
               void* tag) {
    RequestAsyncUnary(method, context, request, writer, queue, queue, tag);
  }
};

class BenchService final : public RpcService {
 public:
  BenchService(FakeClock& clock, StorageSteps& steps) : clock_(clock), steps_(steps) { SetBareAnswer(0); }

  grpc::Service* service() override { return &methods_; }
  void Serve(RequestLoop& loop) override;

 private:
  class Call;

  void SetBareAnswer(size_t bytes) { bare_answer_ = grpc::Slice(std::string(bytes, '.')); }
  std::string Obey(const std::string& command);
  Json Stats() const;

  RawMethods methods_;
  FakeClock& clock_;
  StorageSteps& steps_;
  // Set only while no Bare or Store runs.
  grpc::Slice bare_answer_;
  std::vector<std::unique_ptr<LoopWatch>> watches_;
  // Several loops may serve Control at the same time.
  std::mutex mutex_;
};

// A call like the real ones. It waits for its request, answers, and deletes itself.
class BenchService::Call final : public QueueTag {
 public:
  static void Await(BenchService& service, int method, RequestLoop& loop) {
    auto* call = new Call(service, method, loop);
    service.methods_.Request(method, &call->context_, &call->request_, &call->writer_, loop.queue(), call);
  }

  void OnEvent(bool ok) override {
    if (answered_ || !ok) {
      delete this;
      return;
    }
    Await(service_, method_, loop_);
    if (method_ == RawMethods::kStore) {
      Spawn(loop_.executor(), service_.steps_.in_flight(), service_.steps_.Next(),
            [this](const absl::Status& done) { Finish(done); });
    } else {
      Finish(absl::OkStatus());
    }
  }

 private:
  Call(BenchService& service, int method, RequestLoop& loop)
      : service_(service), method_(method), loop_(loop), writer_(&context_) {}

  void Finish(const absl::Status& status) {
    answered_ = true;
    if (status.ok()) {
      writer_.Finish(Answer(), grpc::Status::OK, this);
    } else {
      writer_.FinishWithError({static_cast<grpc::StatusCode>(status.code()), std::string(status.message())},
                              this);
    }
  }

  grpc::ByteBuffer Answer() {
    if (method_ != RawMethods::kControl) return grpc::ByteBuffer(&service_.bare_answer_, 1);
    std::vector<grpc::Slice> slices;
    std::string command;
    if (request_.Dump(&slices).ok()) {
      for (const grpc::Slice& slice : slices)
        command.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
    }
    const grpc::Slice answer(service_.Obey(command));
    return grpc::ByteBuffer(&answer, 1);
  }

  BenchService& service_;
  const int method_;
  RequestLoop& loop_;
  grpc::ServerContext context_;
  grpc::ByteBuffer request_;
  grpc::ServerAsyncResponseWriter<grpc::ByteBuffer> writer_;
  bool answered_ = false;
};

void BenchService::Serve(RequestLoop& loop) {
  watches_.push_back(std::make_unique<LoopWatch>());
  loop.Observe(watches_.back().get());
  for (size_t i = 0; i < kWaitingCalls; ++i) {
    Call::Await(*this, RawMethods::kBare, loop);
    Call::Await(*this, RawMethods::kStore, loop);
  }
  Call::Await(*this, RawMethods::kControl, loop);
}

Json BenchService::Stats() const {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  Json stats;
  stats["now_ms"] = clock_.Now();
  stats["cpu_us"] = Micros(usage.ru_utime) + Micros(usage.ru_stime);
  stats["allocations"] = Allocations();
  stats["resident_bytes"] = ResidentBytes();
  return stats;
}

std::string BenchService::Obey(const std::string& command) {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::istringstream words(command);
  std::string verb;
  int64_t number = 0;
  words >> verb >> number;
  Json answer = Json::object();
  if (verb == "stats") answer = Stats();
  if (verb == "advance") {
    clock_.Advance(number);
    answer["now_ms"] = clock_.Now();
  }
  if (verb == "bare") SetBareAnswer(static_cast<size_t>(number));
  if (verb == "subjects") steps_.SetSubjects(number);
  if (verb == "watch") {
    for (auto& watch : watches_) watch->Start();
  }
  if (verb == "watched") {
    LoopWatch::Longest longest;
    for (auto& watch : watches_) {
      const LoopWatch::Longest one = watch->Stop();
      longest.wall_us = std::max(longest.wall_us, one.wall_us);
      longest.own_us = std::max(longest.own_us, one.own_us);
    }
    answer["wall_us"] = longest.wall_us;
    answer["own_us"] = longest.own_us;
  }
  return answer.dump();
}

}  // namespace

std::unique_ptr<RpcService> NewBenchService(FakeClock& clock, StorageSteps& steps) {
  return std::make_unique<BenchService>(clock, steps);
}

}  // namespace twofold::bench
