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
  std::string field;  // as in the request message, e.g. "user_id"
  std::string description;
};

// Why a call failed. A plain value: owns all it holds, copies freely.
struct CallError {
  grpc::StatusCode code = grpc::StatusCode::UNKNOWN;
  std::string message = {};  // English, for developers
  // A value name of twofold.v1.ErrorReason, as text so that a newer server's reason survives. Empty when the
  // error is not Twofold's own: the transport, a proxy, or another service made it.
  std::string reason = {};
  std::vector<FieldViolation> field_violations = {};
  std::optional<absl::Duration> retry_delay = {};  // how long to wait before the next try
  std::string id = {};  // of the line in the server's log that tells more; mostly empty
};

// Reads the google.rpc.Status of the trailer `grpc-status-details-bin` (AIP-193). Details that are missing or
// cannot be read leave their members empty; code and message always come from `status`, which must not be OK.
CallError DecodeError(const grpc::Status& status);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_CPP_CALL_ERROR_H_
