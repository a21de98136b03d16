#ifndef TWOFOLD_BENCH_FLOORS_FLOORS_H_
#define TWOFOLD_BENCH_FLOORS_FLOORS_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

// These functions measure each part of a Verify alone and at its cheapest. No server can be faster.
// All of them block.

namespace twofold::bench {

// Opens a secret and compares a code with a window of three. The result is in microseconds.
nlohmann::json CryptoFloor();

// Writes records of real size to SQLite through Storage, `in_flight` at a time, over `subjects`
// records of a new database at `path`.
nlohmann::json SqliteFloor(const std::string& path, int64_t subjects, int in_flight, double seconds);

// Runs storage's Put script from one connection to the Redis at 127.0.0.1:`port`, with `in_flight`
// calls in one write, over `subjects` records.
nlohmann::json RedisFloor(int port, int64_t subjects, int in_flight, double seconds);

// Appends one page to a file in `folder` and then calls fdatasync.
nlohmann::json DiskFloor(const std::string& folder, double seconds);

}  // namespace twofold::bench

#endif  // TWOFOLD_BENCH_FLOORS_FLOORS_H_
