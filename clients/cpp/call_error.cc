#include "clients/cpp/call_error.h"

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace twofold {
namespace {

constexpr char kDomain[] = "twofold";

void ReadErrorInfo(const google::rpc::ErrorInfo& info, CallError& error) {
  if (info.domain() != kDomain) return;
  error.reason = info.reason();
  const auto& metadata = info.metadata();
  if (auto id = metadata.find("id"); id != metadata.end()) error.id = id->second;
  if (auto url = metadata.find("return_url"); url != metadata.end()) error.return_url = url->second;
}

void ReadDetail(const google::protobuf::Any& detail, CallError& error) {
  google::rpc::ErrorInfo info;
  google::rpc::RetryInfo retry;
  google::rpc::BadRequest bad_request;
  if (detail.UnpackTo(&info)) {
    ReadErrorInfo(info, error);
  } else if (detail.UnpackTo(&retry)) {
    error.retry_delay =
        absl::Seconds(retry.retry_delay().seconds()) + absl::Nanoseconds(retry.retry_delay().nanos());
  } else if (detail.UnpackTo(&bad_request)) {
    for (const auto& violation : bad_request.field_violations()) {
      error.field_violations.push_back({violation.field(), violation.description()});
    }
  }
}

}  // namespace

CallError DecodeError(const grpc::Status& status) {
  CallError error;
  error.code = status.error_code();
  error.message = status.error_message();
  google::rpc::Status rich;
  if (!rich.ParseFromString(status.error_details())) return error;
  for (const auto& detail : rich.details()) ReadDetail(detail, error);
  return error;
}

}  // namespace twofold
