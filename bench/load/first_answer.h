#ifndef TWOFOLD_BENCH_LOAD_FIRST_ANSWER_H_
#define TWOFOLD_BENCH_LOAD_FIRST_ANSWER_H_

#include <cstdint>
#include <string>

namespace twofold::bench {

// Tries to connect to `address` (127.0.0.1:port) all the time and logs one user in as soon as it
// can. Returns the moment of the answer, on the monotonic clock in seconds, or 0 if the answer was
// not OK or did not come within a minute.
double AwaitFirstAnswer(const std::string& address, const std::string& tls_folder, int64_t subjects);

}  // namespace twofold::bench

#endif  // TWOFOLD_BENCH_LOAD_FIRST_ANSWER_H_
