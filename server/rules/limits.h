#ifndef TWOFOLD_SERVER_RULES_LIMITS_H_
#define TWOFOLD_SERVER_RULES_LIMITS_H_

#include <cstdint>

#include "absl/time/time.h"
#include "common/clock.h"
#include "storage/rate_limiter.h"

namespace twofold {

// The numbers of the rules; durations in milliseconds, but for rate limits. Defaults are the server's
// defaults; docs/guessing.md has the arithmetic behind them.
struct Limits {
  // Consecutive failures (NIST SP 800-63B-4 §3.2.2: at most 100, waits that grow to an hour).
  int32_t lock_after = 5;
  int64_t lock_initial_ms = 30 * kMillisPerSecond;
  int64_t lock_max_ms = 3600 * kMillisPerSecond;
  int32_t permanent_lock_after = 100;

  // The long-term budget, which success does not refill.
  int64_t long_term_budget = 20;
  int64_t long_term_refill_per_day = 9;

  // Rate limits ahead of storage. Those of a network count an IPv4 address or an IPv6 /64; kSiteFactor times
  // as much goes for an IPv6 /48.
  //
  // Device codes of a subject.
  RateLimit login_limit{5, absl::Seconds(100)};
  // All codes from a network, and as many calls from there that can write without one.
  RateLimit address_limit{100, absl::Seconds(100)};
  // Two consecutive codes: of a subject from one network, and of a subject.
  RateLimit resync_address_limit{5, absl::Seconds(100)};
  RateLimit resync_limit{20, absl::Seconds(100)};
  // Backup codes, likewise. They cannot be guessed, and a tight total would let strangers keep the owner out.
  RateLimit backup_address_limit{10, absl::Seconds(100)};
  RateLimit backup_limit{5000, absl::Seconds(100)};
  // Answers of security keys, likewise.
  RateLimit key_address_limit{10, absl::Seconds(100)};
  RateLimit key_limit{5000, absl::Seconds(100)};
  // Grants, likewise.
  RateLimit grant_address_limit{10, absl::Seconds(100)};
  RateLimit grant_limit{5000, absl::Seconds(100)};
  // Calls about a subject that can write without a code.
  RateLimit write_limit{20, absl::Seconds(100)};
  // Challenges of a subject.
  RateLimit challenge_limit{20, absl::Seconds(100)};

  // Codes that are sent: to a subject, to a destination whoever it belongs to, on the word of one network,
  // to one dial prefix, and in all by one type of message.
  RateLimit send_pause{1, absl::Seconds(30)};
  RateLimit sends_hourly{5, absl::Hours(1)};
  RateLimit sends_daily{10, absl::Hours(24)};
  RateLimit destination_sends{5, absl::Hours(1)};
  RateLimit network_sends{20, absl::Hours(1)};
  RateLimit prefix_sends{1000, absl::Hours(24)};
  RateLimit all_sends{10000, absl::Hours(24)};

  // Whether a restricted method may be the only confirmed one.
  bool restricted_alone = false;

  // A /48 is what a provider gives to one customer. With less than resync_limit / resync_address_limit, no
  // one customer can use up the total of a subject's consecutive codes.
  static constexpr int64_t kSiteFactor = 2;

  int64_t pending_ttl_ms = 600 * kMillisPerSecond;
  int64_t request_id_ttl_ms = 60 * kMillisPerSecond;
  int32_t max_request_ids = 8;
  int32_t max_devices = 10;

  int32_t backup_codes = 10;
  int32_t backup_codes_low = 3;

  // Compare-and-swap rounds before CONFLICT.
  int32_t max_tries = 16;
};

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RULES_LIMITS_H_
