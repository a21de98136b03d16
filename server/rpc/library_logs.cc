#include "server/rpc/library_logs.h"

#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>

#include <algorithm>
#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/steady.h"
#include "server/ops/log.h"

namespace twofold {
namespace {

// Anybody who reaches the port can make gRPC complain, for example by handshakes that fail. Strangers
// must not fill the log.
constexpr absl::Duration kWindow = absl::Seconds(10);
constexpr int64_t kLinesPerWindow = 20;

// Counts lines in windows of time. Thread-safe.
class LineLimit {
 public:
  // Whether one more line may be written. `left_out` gets the number of lines of the last window
  // that were not.
  bool Admits(int64_t& left_out) {
    const SteadyTime now = SteadyNow();
    absl::MutexLock lock(&mutex_);
    if (now >= end_) {
      end_ = now + absl::ToChronoNanoseconds(kWindow);
      left_out = std::max<int64_t>(0, lines_ - kLinesPerWindow);
      lines_ = 0;
    }
    return ++lines_ <= kLinesPerWindow;
  }

 private:
  absl::Mutex mutex_;
  SteadyTime end_ ABSL_GUARDED_BY(mutex_);
  int64_t lines_ ABSL_GUARDED_BY(mutex_) = 0;
};

void OnGrpcLog(gpr_log_func_args* line) {
  static auto& limit = *new LineLimit;
  int64_t left_out = 0;
  if (!limit.Admits(left_out)) return;
  if (left_out > 0) LogWarning("gRPC: ", left_out, " more messages were left out");
  const bool is_error = line->severity == GPR_LOG_SEVERITY_ERROR;
  Log(is_error ? LogLevel::kError : LogLevel::kInfo, absl::StrCat("gRPC: ", line->message));
}

}  // namespace

void RouteLibraryLogs() {
  gpr_set_log_function(&OnGrpcLog);
  google::protobuf::SetLogHandler(nullptr);
}

}  // namespace twofold
