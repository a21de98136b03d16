#ifndef TWOFOLD_BENCH_LOAD_FIRST_ANSWER_H_
#define TWOFOLD_BENCH_LOAD_FIRST_ANSWER_H_

#include <cstdint>
#include <string>

namespace twofold::bench {

// Tries to connect to `address` (127.0.0.1:port) all the time and logs one user in as soon as it works. The
// moment of the answer, on the monotonic clock in seconds; 0 when it was not OK or did not come in a minute.
double AwaitFirstAnswer(const std::string& address, int64_t subjects);

}  // namespace twofold::bench

#endif  // TWOFOLD_BENCH_LOAD_FIRST_ANSWER_H_
