#ifndef TWOFOLD_BENCH_FLOORS_FLOORS_H_
#define TWOFOLD_BENCH_FLOORS_FLOORS_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

// What a Verify consists of, each part alone and at its cheapest: no server can be faster. All block.

namespace twofold::bench {

// Opening a secret and comparing a code with a window of three: microseconds.
nlohmann::json CryptoFloor();

// Writing records of real size to SQLite through Storage, `in_flight` at a time, over `subjects` records of a
// new database at `path`.
nlohmann::json SqliteFloor(const std::string& path, int64_t subjects, int in_flight, double seconds);

// Storage's Put script from one connection to the Redis at 127.0.0.1:`port`, `in_flight` calls in one write,
// over `subjects` records.
nlohmann::json RedisFloor(int port, int64_t subjects, int in_flight, double seconds);

// One page appended to a file in `folder`, then fdatasync.
nlohmann::json DiskFloor(const std::string& folder, double seconds);

}  // namespace twofold::bench

#endif  // TWOFOLD_BENCH_FLOORS_FLOORS_H_
