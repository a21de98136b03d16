#include <CLI/CLI.hpp>
#include <iostream>
#include <string>

#include "bench/floors/floors.h"

// Measures one floor and prints it as one JSON object.

int main(int argc, char** argv) {
  CLI::App app("What a Verify consists of, each part alone; prints one JSON object.", "floors");
  app.require_subcommand(1);
  int64_t subjects = 20000;
  int in_flight = 128;
  double seconds = 1;
  std::string path;
  int port = 0;
  for (const char* name : {"crypto", "sqlite", "redis", "disk"}) {
    CLI::App* command = app.add_subcommand(name);
    if (std::string(name) == "crypto") continue;
    command->add_option("--seconds", seconds, "how long to measure");
    if (std::string(name) == "redis") {
      command->add_option("--port", port, "port of Redis on 127.0.0.1")->required();
    } else {
      command->add_option("--path", path, "a new database for sqlite, or a folder for disk")->required();
    }
    if (std::string(name) == "disk") continue;
    command->add_option("--subjects", subjects, "number of records to write to");
    command->add_option("--in_flight", in_flight, "number of writes in flight");
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
  using twofold::bench::CryptoFloor;
  using twofold::bench::DiskFloor;
  using twofold::bench::RedisFloor;
  using twofold::bench::SqliteFloor;
  nlohmann::json floor;
  if (app.got_subcommand("crypto")) floor = CryptoFloor();
  if (app.got_subcommand("sqlite")) floor = SqliteFloor(path, subjects, in_flight, seconds);
  if (app.got_subcommand("redis")) floor = RedisFloor(port, subjects, in_flight, seconds);
  if (app.got_subcommand("disk")) floor = DiskFloor(path, seconds);
  std::cout << floor.dump() << std::endl;
  return 0;
}
