#ifndef TWOFOLD_BENCH_SUBJECTS_H_
#define TWOFOLD_BENCH_SUBJECTS_H_

#include <cstdint>
#include <string>

#include "crypto/secret_bytes.h"

// The users of a benchmark. All that is known of one follows from a number, so that server and load generator
// agree without a table.

namespace twofold::bench {

inline constexpr char kTenant[] = "bench";
inline constexpr int kPeriodSeconds = 30;

// 64 bits that look random: SplitMix64 of `seed`.
uint64_t Scramble(uint64_t seed);

// A UUID: user ids of most applications look like this, and come in no order.
std::string UserId(int64_t subject);
SecretBytes SecretOf(int64_t subject);
// What the user's app shows in a time step.
std::string CodeOf(int64_t subject, int64_t step);
// Whether the code of a step is another step's near it as well, which happens to one in some hundred
// thousand: it would spend that one too.
bool IsAmbiguous(int64_t subject, int64_t step);
// A code that is right in none of the steps around.
std::string WrongCodeOf(int64_t subject, int64_t step);

// The `i`-th of `subjects` users in an order that visits each once and jumps about.
int64_t Permuted(int64_t i, int64_t subjects);

}  // namespace twofold::bench

#endif  // TWOFOLD_BENCH_SUBJECTS_H_
