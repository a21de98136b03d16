#ifndef TWOFOLD_SERVER_RPC_ADMISSION_H_
#define TWOFOLD_SERVER_RPC_ADMISSION_H_

#include <cstdint>

namespace twofold {

// Whether one more call is let in while `in_flight` are under way: always below half of `limit`, never at the
// limit, in between by chance, the less the more there are. `chance` is drawn from [0, 1) for each call.
//
// Clients hear of a refusal only after they have sent more. Were all of that refused as well, refusing would
// take the time that is short (S. Floyd, V. Jacobson: Random Early Detection Gateways for Congestion
// Avoidance, 1993; their average lets short bursts pass, for which there is room below half of the limit).
constexpr bool LetsIn(int64_t in_flight, int64_t limit, double chance) {
  const int64_t safe = limit / 2;
  return static_cast<double>(in_flight - safe) <= chance * static_cast<double>(limit - safe);
}

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RPC_ADMISSION_H_
