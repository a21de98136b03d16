#ifndef TWOFOLD_CLIENTS_CPP_SERVER_STREAM_H_
#define TWOFOLD_CLIENTS_CPP_SERVER_STREAM_H_

#include <grpc/support/time.h>
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/support/async_stream.h>

#include <functional>
#include <memory>

#include "absl/time/time.h"

namespace twofold {

// Reads a stream of responses to its end. Calls `take` for each response. `start` begins the call on
// the queue that it gets, with the tag that it gets. Returns the status of the call, which is
// DEADLINE_EXCEEDED if the server was silent for `silence`. Blocks.
template <typename Response>
grpc::Status ReadServerStream(
    grpc::ClientContext& context, absl::Duration silence,
    const std::function<std::unique_ptr<grpc::ClientAsyncReader<Response>>(grpc::CompletionQueue*, void*)>&
        start,
    const std::function<void(const Response&)>& take) {
  grpc::CompletionQueue queue;
  bool was_silent = false;
  // Waits for the one operation under way, and returns whether it succeeded.
  const auto next = [&] {
    void* tag = nullptr;
    bool ok = false;
    const gpr_timespec limit = gpr_time_add(
        gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_micros(absl::ToInt64Microseconds(silence), GPR_TIMESPAN));
    if (queue.AsyncNext(&tag, &ok, limit) == grpc::CompletionQueue::TIMEOUT) {
      was_silent = true;
      context.TryCancel();
      queue.Next(&tag, &ok);
    }
    return ok;
  };
  Response response;
  const auto reader = start(&queue, &queue);
  bool goes_on = next();
  while (goes_on) {
    reader->Read(&response, &queue);
    goes_on = next();
    if (goes_on) take(response);
  }
  grpc::Status status;
  reader->Finish(&status, &queue);
  next();
  queue.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue.Next(&tag, &ok)) continue;
  if (was_silent) return grpc::Status(grpc::StatusCode::DEADLINE_EXCEEDED, "the server fell silent");
  return status;
}

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_CPP_SERVER_STREAM_H_
