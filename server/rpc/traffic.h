#ifndef TWOFOLD_SERVER_RPC_TRAFFIC_H_
#define TWOFOLD_SERVER_RPC_TRAFFIC_H_

#include <chrono>
#include <cstdint>
#include <optional>

namespace twofold {

// The bytes that a TCP connection has carried since its beginning.
struct Traffic {
  // Bytes from the peer that this process has read.
  uint64_t read = 0;
  // Bytes to the peer.
  uint64_t sent = 0;
};

// Returns nullopt if `descriptor` is not TCP.
std::optional<Traffic> TrafficOf(int descriptor);

// Classifies a connection by its traffic. The server writes to every connection that it serves. It
// writes answers, and the window updates without which HTTP/2 lets no more data through (RFC 9113
// §5.2). Not thread-safe.
class TrafficHistory {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  enum class Verdict {
    kFine,
    // The peer sends frames that need no window, such as HEADERS, RST_STREAM or PING, faster than
    // gRPC handles them. gRPC reads on as long as there is more, and meanwhile neither answers nor
    // frees anything.
    kFlood,
    // The connection carries only keepalives, and it is not idle, because gRPC would have ended it.
    // Calls are open whose request does not come.
    kStalled,
  };

  // More than all calls that a connection may have open (server_limits.cc) send without an answer.
  static constexpr uint64_t kMaxUnanswered = 256 << 10;
  // The size of a few keepalives. A keepalive and its answer have 17 bytes each.
  static constexpr uint64_t kKeepalives = 128;
  // Longer than the time for which gRPC leaves an idle connection open.
  static constexpr std::chrono::seconds kStall{75};

  explicit TrafficHistory(TimePoint begin) : moved_time_(begin) {}

  Verdict Look(const Traffic& traffic, TimePoint now);

 private:
  uint64_t sent_ = 0;
  uint64_t read_when_sent_ = 0;
  uint64_t moved_ = 0;
  TimePoint moved_time_;
};

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RPC_TRAFFIC_H_
