#ifndef TWOFOLD_BENCH_SUBJECTS_H_
#define TWOFOLD_BENCH_SUBJECTS_H_

#include <cstdint>
#include <string>

#include "crypto/secret_bytes.h"

// The users of a benchmark. Everything about a user follows from a number, so that server and load
// generator agree without a table.

namespace twofold::bench {

inline constexpr char kTenant[] = "bench";
inline constexpr int kPeriodSeconds = 30;

// Returns 64 bits that look random, by SplitMix64 of `seed`.
uint64_t Scramble(uint64_t seed);

// Returns a UUID. The user ids of most applications look like this and come in no order.
std::string UserId(int64_t subject);
SecretBytes SecretOf(int64_t subject);
// Returns the code that the user's app shows in a time step.
std::string CodeOf(int64_t subject, int64_t step);
// Returns whether the code of a step is also the code of a step near it. This happens to one in
// some hundred thousand. Accepting the code would use up the other step too.
bool IsAmbiguous(int64_t subject, int64_t step);
// Returns a code that is wrong in all steps near `step`.
std::string WrongCodeOf(int64_t subject, int64_t step);

// Returns the `i`-th of `subjects` users, in an order that visits each once and jumps about.
int64_t Permuted(int64_t i, int64_t subjects);

}  // namespace twofold::bench

#endif  // TWOFOLD_BENCH_SUBJECTS_H_
