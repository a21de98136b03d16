#ifndef TWOFOLD_TESTS_REDIS_HARNESS_RESERVED_PORT_H_
#define TWOFOLD_TESTS_REDIS_HARNESS_RESERVED_PORT_H_

namespace twofold {

// A port of 127.0.0.1 that is this object's for as long as it lives, also while the process that
// uses it is down: a socket stays bound to it and does not listen. The kernel gives such a port to
// nobody who asks for any free one, and lets a listener with SO_REUSEADDR (Redis and Asio set it)
// in beside it. Two tests that run at the same time therefore never meet. Aborts when no port is
// free.
class ReservedPort {
 public:
  ReservedPort();
  ~ReservedPort();
  ReservedPort(const ReservedPort&) = delete;
  ReservedPort& operator=(const ReservedPort&) = delete;

  int number() const { return number_; }

 private:
  int socket_ = -1;
  int number_ = 0;
};

}  // namespace twofold

#endif  // TWOFOLD_TESTS_REDIS_HARNESS_RESERVED_PORT_H_
