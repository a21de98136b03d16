#ifndef TWOFOLD_SERVER_RPC_GRPC_TIME_H_
#define TWOFOLD_SERVER_RPC_GRPC_TIME_H_

#include <grpc/support/time.h>

#include "absl/time/time.h"
#include "common/steady.h"

// These functions convert between gRPC's times and ours without the time of day, which somebody may
// set in between.

namespace twofold {

inline gpr_timespec GrpcDeadline(absl::Duration from_now) {
  if (from_now == absl::InfiniteDuration()) return gpr_inf_future(GPR_CLOCK_MONOTONIC);
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                      gpr_time_from_micros(absl::ToInt64Microseconds(from_now), GPR_TIMESPAN));
}

inline SteadyTime SteadyDeadline(gpr_timespec deadline) {
  const gpr_timespec there = gpr_convert_clock_type(deadline, GPR_CLOCK_MONOTONIC);
  if (gpr_time_cmp(there, gpr_inf_future(GPR_CLOCK_MONOTONIC)) == 0) return SteadyTime::max();
  const gpr_timespec left = gpr_time_sub(there, gpr_now(GPR_CLOCK_MONOTONIC));
  return SteadyAfter(absl::Seconds(left.tv_sec) + absl::Nanoseconds(left.tv_nsec));
}

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RPC_GRPC_TIME_H_
