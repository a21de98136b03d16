#ifndef TWOFOLD_SERVER_RPC_LOAD_SHEDDING_H_
#define TWOFOLD_SERVER_RPC_LOAD_SHEDDING_H_

#include <cstdint>

namespace twofold {

// Whether the server serves one more call while `in_flight` are under way. Up to half of `limit` it serves
// every call, and at the limit none. In between it rejects calls at random, with a probability that grows
// linearly. `chance` is drawn from [0, 1) for each call.
//
// Clients send more calls before they learn of a rejection. If the server rejected all of those too,
// rejecting would take the time that is short. The method is Random Early Detection (S. Floyd, V. Jacobson:
// Random Early Detection Gateways for Congestion Avoidance, 1993). Their average lets short bursts pass, for
// which there is room below half of the limit.
constexpr bool AdmitsCall(int64_t in_flight, int64_t limit, double chance) {
  const int64_t safe = limit / 2;
  return static_cast<double>(in_flight - safe) <= chance * static_cast<double>(limit - safe);
}

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RPC_LOAD_SHEDDING_H_
