#ifndef TWOFOLD_BENCH_LOAD_FLAGS_H_
#define TWOFOLD_BENCH_LOAD_FLAGS_H_

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace twofold::bench {

// The flags of the command line.
struct Flags {
  std::string target;
  // The folder with ca.crt, client.crt and client.key. Empty means plain text.
  std::string tls;
  int64_t subjects = 0;
  int redis_pid = 0;
  double seconds = 1;
  double warm_up = 0.2;

  // closed
  std::vector<std::string> modes = {"bare", "verify"};
  std::vector<int> in_flight = {128};
  int rounds = 5;
  uint64_t seed = 1;
  bool watch = false;

  // open
  std::string mode = "verify";
  double rate = 1000;
  int deadline_ms = 0;
};

// Adds options that fill in `flags`, which must outlive `app`, and the commands closed, open and
// first.
void AddFlags(CLI::App& app, Flags& flags);

}  // namespace twofold::bench

#endif  // TWOFOLD_BENCH_LOAD_FLAGS_H_
