#include "server/rpc/refusal_log.h"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "absl/hash/hash.h"
#include "common/steady.h"
#include "server/ops/log.h"

namespace twofold {
namespace {

constexpr int64_t kQuietSeconds = 10;
// Callers that share a slot hide each other's lines.
constexpr size_t kSlots = 256;

int64_t NowSeconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(SteadyNow().time_since_epoch()).count();
}

// Takes the right to log until `until`, in seconds, unless somebody has it.
bool Take(std::atomic<int64_t>& quiet_until, int64_t until) {
  int64_t seen = quiet_until.load(std::memory_order_relaxed);
  return NowSeconds() >= seen && quiet_until.compare_exchange_strong(seen, until);
}

}  // namespace

void LogRefusal(absl::string_view who, const std::string& peer, absl::string_view why) {
  static std::array<std::atomic<int64_t>, kSlots> of_caller{};
  static std::atomic<int64_t> of_all{0};
  const int64_t now = NowSeconds();
  if (!Take(of_caller[absl::HashOf(who) % kSlots], now + kQuietSeconds) || !Take(of_all, now + 1)) return;
  LogWarning("refused a call from ", peer == "unix:" || peer == "unix::" ? "a unix socket" : peer, ": ", why);
}

}  // namespace twofold
