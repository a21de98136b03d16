#ifndef TWOFOLD_TESTS_REDIS_HARNESS_FAULT_PROXY_H_
#define TWOFOLD_TESTS_REDIS_HARNESS_FAULT_PROXY_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/time/time.h"

namespace twofold {

// Which bytes a fault concerns.
enum class Direction { kRequests, kReplies, kBoth };

// How a connection ends for whoever waits on it.
enum class CutBy {
  // RST: "connection reset by peer".
  kReset,
  // FIN: end of file.
  kClose,
};

// A TCP proxy on loopback, in a thread of its own, between clients and one upstream port of
// 127.0.0.1. Faults may be switched while connections are open, and several may be on at once; each
// is in force when its call returns. Order and content of the bytes that arrive are always right,
// as with TCP.
//
// Thread-safe. The upstream need not run; a connection to one that does not is closed at once.
class FaultProxy {
 public:
  explicit FaultProxy(int upstream_port);
  // Ends all connections.
  ~FaultProxy();
  FaultProxy(const FaultProxy&) = delete;
  FaultProxy& operator=(const FaultProxy&) = delete;

  static std::string host() { return "127.0.0.1"; }
  int port() const;
  // host:port.
  std::string address() const;

  // Bytes that arrive from now on are passed on that much later, in full pace: latency, not a
  // limit.
  void Delay(Direction direction, absl::Duration latency);
  // Passes on at most `bytes` at once, and then nothing for `interval`.
  void Drip(Direction direction, size_t bytes, absl::Duration interval);
  // Nothing arrives any more, not even that a side has closed; both sides stay open and may go on
  // sending, and new connections are accepted. Heal delivers what was held back, as TCP would after
  // an outage; Cut drops it. kReplies alone loses the answers to requests that were carried out.
  void BlackHole(Direction direction = Direction::kBoth);
  // Ends all connections now, on both sides. New ones work.
  void Cut(CutBy how = CutBy::kReset);
  // Passes on that many more bytes of replies, over all connections together, and then does
  // Cut(how), once.
  void CutAfterReplyBytes(size_t bytes, CutBy how = CutBy::kClose);
  // New connections are refused; those that are open stay.
  void Refuse();
  // Takes all faults back.
  void Heal();

  // Connections accepted so far, and open now.
  int64_t accepted() const;
  int64_t open() const;
  // Bytes of replies passed on so far.
  int64_t reply_bytes() const;

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace twofold

#endif  // TWOFOLD_TESTS_REDIS_HARNESS_FAULT_PROXY_H_
