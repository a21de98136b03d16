#ifndef TWOFOLD_SERVER_STORE_ABANDONED_H_
#define TWOFOLD_SERVER_STORE_ABANDONED_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "common/clock.h"
#include "common/task.h"
#include "server/rules/limits.h"
#include "server/store/lease.h"
#include "storage/storage.h"

namespace twofold {

// How long an enrolment has expired, by this server's clock, before its record is swept: other servers'
// clocks may be behind.
inline constexpr int64_t kSweepGraceMs = 3600 * kMillisPerSecond;

// Looks at a page of up to `limit` records from `cursor` on ("": the first), and removes those that hold
// nothing but expired pending methods and an untouched budget (HoldsNothing). They are what is left of
// enrolments that nobody confirmed; without a sweep they stay until the subject is touched again. Gives the
// cursor of the next page, empty after the last, and adds to `removed`, which outlives the flow.
//
// A record is removed by compare-and-swap on what was read: one that somebody renews at that moment stays,
// and any number of servers may sweep one store. Records that cannot be read stay. Nothing is removed while
// the lease does not hold. UNAVAILABLE: the page could not be read, or the lease does not hold. A record that
// could not be removed holds up no other.
Task<absl::StatusOr<std::string>> SweepPage(Storage& storage, const StoreLease& lease, const Limits& limits,
                                            UnixMillis now, std::string cursor, int limit, int64_t& removed);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_STORE_ABANDONED_H_
