#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string>

#include "bench/floors/floors.h"
#include "bench/floors/samples.h"

namespace twofold::bench {

nlohmann::json DiskFloor(const std::string& folder, double seconds) {
  constexpr size_t kPage = 4096;
  const std::string path = folder + "/disk-floor";
  const std::string page(kPage, 'x');
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  Samples samples(seconds);
  while (!samples.Done()) {
    samples.Begin();
    if (write(file, page.data(), page.size()) != static_cast<ssize_t>(page.size()) || fdatasync(file) != 0) {
      std::cerr << "floors: cannot write " << path << "\n";
      std::exit(1);
    }
    samples.End();
  }
  close(file);
  unlink(path.c_str());
  return samples.Report(1);
}

}  // namespace twofold::bench
