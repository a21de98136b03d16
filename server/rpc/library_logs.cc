#include "server/rpc/library_logs.h"

#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>

#include "server/ops/log.h"

namespace twofold {
namespace {

void OnGrpcLog(gpr_log_func_args* line) {
  const bool is_error = line->severity == GPR_LOG_SEVERITY_ERROR;
  Log(is_error ? LogLevel::kError : LogLevel::kInfo, absl::StrCat("gRPC: ", line->message));
}

}  // namespace

void RouteLibraryLogs() {
  gpr_set_log_function(&OnGrpcLog);
  google::protobuf::SetLogHandler(nullptr);
}

}  // namespace twofold
