#ifndef TWOFOLD_SERVER_RPC_ADMISSION_H_
#define TWOFOLD_SERVER_RPC_ADMISSION_H_

#include <cstdint>

namespace twofold {

// Returns whether one more call is accepted while `in_flight` calls run. Below half of `limit` the
// answer is always yes, and at `limit` it is always no. In between it is random, and a no becomes
// more likely with the number of calls. `chance` must be drawn from [0, 1) for each call.
//
// Clients learn of a rejection only after they have sent further calls. If the server rejected all
// of those as well, rejecting would use up the time that is short (S. Floyd, V. Jacobson: Random
// Early Detection Gateways for Congestion Avoidance, 1993). Their algorithm averages the queue to
// let short bursts pass. Here the half of the limit below which nothing is rejected has room for
// them.
constexpr bool LetsIn(int64_t in_flight, int64_t limit, double chance) {
  const int64_t safe = limit / 2;
  return static_cast<double>(in_flight - safe) <= chance * static_cast<double>(limit - safe);
}

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RPC_ADMISSION_H_
