#ifndef TWOFOLD_CLIENTS_CPP_CALL_ERROR_H_
#define TWOFOLD_CLIENTS_CPP_CALL_ERROR_H_

#include <grpcpp/support/status.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace twofold {

// A field of the request that the server calls malformed.
struct FieldViolation {
  std::string field;  // as in the request message, such as "user_id"
  std::string description;
};

// Why a call failed. A plain value that owns its contents and can be copied.
struct CallError {
  grpc::StatusCode code = grpc::StatusCode::UNKNOWN;
  std::string message = {};  // English, for developers
  // The name of a value of twofold.v1.ErrorReason. It is text, so that the reason of a newer server
  // survives. It is empty if Twofold did not make the error, but the transport, a proxy or another
  // service.
  std::string reason = {};
  std::vector<FieldViolation> field_violations = {};
  std::optional<absl::Duration> retry_delay = {};  // how long to wait before the next try
  std::string return_url = {};  // where a browser can go whose prompt is over; mostly empty
  std::string id = {};          // id of a line in the server's log with more details; mostly empty
};

// Reads the google.rpc.Status of the trailer `grpc-status-details-bin` (AIP-193). Details that are
// missing or unreadable leave their members empty. Code and message come from `status`, which must
// not be OK.
CallError DecodeError(const grpc::Status& status);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_CPP_CALL_ERROR_H_
