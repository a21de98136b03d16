#include "server/rpc/traffic.h"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>

namespace twofold {
namespace {

// The beginning of struct tcp_info. The kernel's definition (linux/tcp.h) has more members than
// that of Debian's libc, and the two headers exclude each other.
struct TcpInfo {
  tcp_info first;
  uint64_t pacing_rate;
  uint64_t max_pacing_rate;
  uint64_t bytes_acked;
  uint64_t bytes_received;
  uint32_t segments_out;
  uint32_t segments_in;
  uint32_t bytes_not_sent;
  uint32_t min_rtt;
  uint32_t data_segments_in;
  uint32_t data_segments_out;
  uint64_t delivery_rate;
  uint64_t busy_time;
  uint64_t receive_window_limited;
  uint64_t send_buffer_limited;
  uint32_t delivered;
  uint32_t delivered_ce;
  uint64_t bytes_sent;
};
static_assert(sizeof(tcp_info) == 104);

}  // namespace

std::optional<Traffic> TrafficOf(int descriptor) {
  TcpInfo info{};
  socklen_t size = sizeof(info);
  // A kernel before 4.19 returns fewer members.
  if (getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 || size < sizeof(info))
    return std::nullopt;
  int unread = 0;
  if (ioctl(descriptor, SIOCINQ, &unread) != 0) unread = 0;
  const uint64_t received = info.bytes_received;
  return Traffic{received - std::min(received, static_cast<uint64_t>(unread)), info.bytes_sent};
}

TrafficHistory::Verdict TrafficHistory::Look(const Traffic& traffic, TimePoint now) {
  if (traffic.sent != sent_) {
    sent_ = traffic.sent;
    read_when_sent_ = traffic.read;
  }
  if (traffic.read > read_when_sent_ + kMaxUnanswered) return Verdict::kFlood;
  const uint64_t moved = traffic.read + traffic.sent;
  if (moved > moved_ + kKeepalives) {
    moved_ = moved;
    moved_time_ = now;
  }
  return now - moved_time_ > kStall ? Verdict::kStalled : Verdict::kFine;
}

}  // namespace twofold
