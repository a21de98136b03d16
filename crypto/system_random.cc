#include "crypto/system_random.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <sys/random.h>

#include <array>
#include <cstring>
#include <string>

#include "common/fatal.h"

namespace twofold {
namespace {

void FillFromKernel(absl::Span<uint8_t> out) {
  while (!out.empty()) {
    const ssize_t filled = getrandom(out.data(), out.size(), 0);
    if (filled > 0) {
      out.remove_prefix(static_cast<size_t>(filled));
    } else if (errno != EINTR) {
      Fatal(std::string("the system gives no random bytes: ") + std::strerror(errno));
    }
  }
}

// A thread's reserve of random bytes, so that a few bytes do not cost a system call. Bytes that are
// taken leave the reserve. A forked child would take the same bytes, but this process never forks.
class Reserve {
 public:
  static constexpr size_t kMaxTaken = 32;

  void Take(absl::Span<uint8_t> out) {
    if (left_ < out.size()) {
      FillFromKernel(absl::MakeSpan(bytes_));
      left_ = bytes_.size();
    }
    uint8_t* const taken = bytes_.data() + bytes_.size() - left_;
    std::memcpy(out.data(), taken, out.size());
    OPENSSL_cleanse(taken, out.size());
    left_ -= out.size();
  }

 private:
  // The number of bytes that getrandom gives without interruption.
  std::array<uint8_t, 256> bytes_{};
  size_t left_ = 0;
};

class KernelRandom final : public Random {
 public:
  void Fill(absl::Span<uint8_t> out) override {
    thread_local Reserve reserve;
    if (out.size() <= Reserve::kMaxTaken) {
      reserve.Take(out);
    } else {
      FillFromKernel(out);
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
