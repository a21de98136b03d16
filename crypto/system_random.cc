#include "crypto/system_random.h"

#include <errno.h>
#include <sys/random.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace twofold {
namespace {

class KernelRandom final : public Random {
 public:
  void Fill(absl::Span<uint8_t> out) override {
    while (!out.empty()) {
      const ssize_t filled = getrandom(out.data(), out.size(), 0);
      if (filled > 0) {
        out.remove_prefix(static_cast<size_t>(filled));
      } else if (errno != EINTR) {
        std::fprintf(stderr, "fatal: the system gives no random bytes: %s\n", std::strerror(errno));
        std::abort();
      }
    }
  }
};

}  // namespace

Random& SystemRandom() {
  static KernelRandom random;
  return random;
}

std::string RandomBytes(Random& random, size_t size) {
  std::string bytes(size, '\0');
  random.Fill(absl::MakeSpan(reinterpret_cast<uint8_t*>(bytes.data()), size));
  return bytes;
}

uint64_t RandomNonZero(Random& random) {
  uint64_t number = 0;
  while (number == 0) random.Fill(absl::MakeSpan(reinterpret_cast<uint8_t*>(&number), sizeof(number)));
  return number;
}

}  // namespace twofold
