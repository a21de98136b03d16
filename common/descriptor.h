#ifndef TWOFOLD_COMMON_DESCRIPTOR_H_
#define TWOFOLD_COMMON_DESCRIPTOR_H_

#include <unistd.h>

#include <utility>

namespace twofold {

// Owns a file descriptor. A negative one stands for none.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (valid()) close(fd_);
  }
  Descriptor(Descriptor&& other) noexcept : fd_(other.Release()) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  bool valid() const { return fd_ >= 0; }
  int get() const { return fd_; }
  // The caller then owns the descriptor.
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

}  // namespace twofold

#endif  // TWOFOLD_COMMON_DESCRIPTOR_H_
