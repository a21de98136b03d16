#ifndef TWOFOLD_SERVER_RPC_MESSAGE_STREAM_H_
#define TWOFOLD_SERVER_RPC_MESSAGE_STREAM_H_

#include <google/protobuf/message.h>

#include "absl/status/statusor.h"
#include "common/task.h"

namespace twofold {

// The messages of a streaming call. Its handler uses it, one operation at a time, on the call's
// loop. The flows resume there.
class MessageStream {
 public:
  virtual ~MessageStream() = default;

  // Fills in the caller's next message. False: there is no further one, because the caller has sent
  // all or is gone. INVALID_REQUEST: the bytes are not such a message.
  virtual Task<absl::StatusOr<bool>> Read(google::protobuf::Message& message) = 0;

  // Sends a message to the caller. False: nobody waits for it any more. Returns when there is room
  // for another one.
  virtual Task<bool> Write(const google::protobuf::Message& message) = 0;
};

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RPC_MESSAGE_STREAM_H_
