#ifndef TWOFOLD_BENCH_LOAD_WORKLOAD_H_
#define TWOFOLD_BENCH_LOAD_WORKLOAD_H_

#include <grpcpp/support/byte_buffer.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "bench/load/target.h"

namespace twofold::bench {

// The kinds of calls.
enum class Mode {
  kBare,
  // Only storage's part of a login (bench_service.h).
  kStore,
  // Sends each user's code of the current step once. It is accepted and changes the record. The few
  // users whose code is also that of a near step are left out.
  kVerify,
  // The same with the end user's address, which adds a bucket of the limiter.
  kVerifyWithAddress,
  // The same with a request id, which the record keeps.
  kVerifyWithRequestId,
  // A wrong code.
  kWrong,
  // The code with which the user just logged in. It is available only after a complete pass.
  kReplay,
};

std::optional<Mode> ModeOf(const std::string& name);

// Returns the plainest request of a user.
grpc::ByteBuffer VerifyBytes(int64_t subject, std::string code);

// Makes the requests of one mode, over users in a jumping order. Not thread-safe.
class Workload {
 public:
  // Moves the server's clock beyond all steps that were used before.
  Workload(Target& target, int64_t subjects);

  // Sets how many calls before the end of a pass over the users the clock moves on. No code of the
  // new pass then comes before its step, and those of the old pass are at most one step late. A
  // device that is sometimes early and sometimes late would be rejected, because the server learns
  // the offset of its clock.
  void MoveClockAhead(int64_t calls) { ahead_ = std::min(calls, subjects_ / 2); }

  struct Call {
    Rpc rpc = Rpc::kBare;
    grpc::ByteBuffer request;
    // Whether the clock moves on by one step before this call.
    bool moves_clock = false;
    // The position among all calls that want a new step for each user, or -1 if the call wants
    // none.
    int64_t position = -1;
  };

  // Makes `count` calls ahead of time, so that making them is not measured.
  void Prepare(Mode mode, int64_t count);
  // Returns the next call, and makes it if none is prepared.
  Call Next(Mode mode);
  // Drops the prepared calls of `mode`. They are made again later.
  void Drop(Mode mode);

  // Makes the logins of all users that the present pass has not reached. Returns their number.
  int64_t PrepareRestOfPass();

 private:
  Call Make(Mode mode);
  Call MakeReplay();

  const int64_t subjects_;
  int64_t first_step_ = 0;
  // The number of calls made that want a new step for each user, over all modes.
  int64_t made_ = 0;
  int64_t replayed_ = 0;
  int64_t ahead_ = 0;
  // The number of times that the clock was moved.
  int64_t moves_ = 0;
  std::deque<Call> prepared_;
};

}  // namespace twofold::bench

#endif  // TWOFOLD_BENCH_LOAD_WORKLOAD_H_
