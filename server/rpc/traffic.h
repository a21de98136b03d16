#ifndef TWOFOLD_SERVER_RPC_TRAFFIC_H_
#define TWOFOLD_SERVER_RPC_TRAFFIC_H_

#include <chrono>
#include <cstdint>
#include <optional>

namespace twofold {

// What has gone over a TCP connection, in bytes since its beginning.
struct Traffic {
  // By the peer, as far as this process has read it.
  uint64_t read = 0;
  // To the peer.
  uint64_t sent = 0;
};

// Nothing where `descriptor` is not TCP.
std::optional<Traffic> TrafficOf(int descriptor);

// Tells by its traffic what a connection is up to. The server writes to every connection that it serves:
// answers, and the windows without which HTTP/2 lets no more data through (RFC 9113 §5.2). Not thread-safe.
class TrafficHistory {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  enum class Verdict {
    kFine,
    // It sends frames that need no window, such as HEADERS, RST_STREAM or PING, faster than gRPC handles
    // them: gRPC reads on as long as there is more, and neither answers nor frees anything meanwhile.
    kFlood,
    // It is not idle, or gRPC would have ended it, and nothing but keepalives goes over it: calls are open
    // whose request does not come.
    kStalled,
  };

  // Much more than all calls that one connection may have open (server_limits.cc) bring without an answer.
  static constexpr uint64_t kMaxUnanswered = 256 << 10;
  // A keepalive and its answer have 17 bytes each.
  static constexpr uint64_t kKeepalives = 128;
  // Longer than gRPC leaves an idle connection open.
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
