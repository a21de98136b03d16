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

// What is called.
enum class Mode {
  kBare,
  // Storage's part of a login alone (bench_service.h).
  kStore,
  // Each user's code of the current step, once: accepted, and changes the record. Left out are the few whose
  // code is that of a near step as well.
  kVerify,
  // The same with the end user's address, which is one more bucket of the limiter.
  kVerifyWithAddress,
  // The same with a request id, which the record keeps.
  kVerifyWithRequestId,
  // A wrong code.
  kWrong,
  // The code with which the user just logged in; only when a pass is complete.
  kReplay,
};

std::optional<Mode> ModeOf(const std::string& name);

// The plainest request of a user.
grpc::ByteBuffer VerifyBytes(int64_t subject, std::string code);

// The requests of one mode after the other, over users in a jumping order. Not thread-safe.
class Workload {
 public:
  // Moves the server's clock beyond everything that was used before.
  Workload(Target& target, int64_t subjects);

  // The clock moves on so many calls before a pass over the users ends: then no code of the new pass comes
  // before its step, and those of the old one at most one step late. A device that is early at times and late
  // at others would be refused, as its clock's offset is learned.
  void MoveClockAhead(int64_t calls) { ahead_ = std::min(calls, subjects_ / 2); }

  struct Call {
    Rpc rpc = Rpc::kBare;
    grpc::ByteBuffer request;
    // Before this call the clock moves on by one step.
    bool moves_clock = false;
    // Among all calls that want a new step for each user; -1: it wants none.
    int64_t position = -1;
  };

  // Makes `count` calls ahead of time, so that making them is not measured.
  void Prepare(Mode mode, int64_t count);
  // The next one; makes it if none is prepared.
  Call Next(Mode mode);
  // Those of `mode` that were not taken are made again later.
  void Drop(Mode mode);

  // Makes the logins of all users that the present pass has not reached; how many.
  int64_t PrepareRestOfPass();

 private:
  Call Make(Mode mode);
  Call MakeReplay();

  const int64_t subjects_;
  int64_t first_step_ = 0;
  // How many calls that want a new step for each user were made, over all modes.
  int64_t made_ = 0;
  int64_t replayed_ = 0;
  int64_t ahead_ = 0;
  // How often the clock was moved.
  int64_t moves_ = 0;
  std::deque<Call> prepared_;
};

}  // namespace twofold::bench

#endif  // TWOFOLD_BENCH_LOAD_WORKLOAD_H_
