#ifndef TWOFOLD_TESTS_REDIS_WITNESS_H_
#define TWOFOLD_TESTS_REDIS_WITNESS_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "storage/rate_limiter.h"
#include "storage/storage.h"
#include "tests/redis/harness/redis_process.h"

namespace twofold {

// How long after Redis is back everything must work again.
inline constexpr absl::Duration kRecoveryLimit = absl::Seconds(2);
// What counts as "at once".
inline constexpr absl::Duration kAtOnce = absl::Milliseconds(50);

// "redis://ADDRESS" with timeouts that keep tests short: 300 ms, and 500 ms for connecting.
std::string QuickUri(absl::string_view address, absl::string_view scheme = "redis");

// What opening says; OK when both can be used.
absl::Status OpenStorageAndLimiter(const std::string& uri);

// One of each call, at the same time.
struct Round {
  absl::Status got;
  absl::Status put;
  absl::Status deleted;
  absl::Status acquired;
  absl::Duration took;

  bool all_ok() const { return got.ok() && put.ok() && deleted.ok() && acquired.ok(); }
  std::vector<absl::Status> all() const { return {got, put, deleted, acquired}; }
};

// Calls a storage and a limiter of one URI, and keeps what they said to compare it with what the
// server holds. Every answer is checked as it comes: a Get is right or UNAVAILABLE, never
// NOT_FOUND; an Acquire is OK or UNAVAILABLE; a write is OK, UNAVAILABLE or UNKNOWN; no text shows
// a key or the password.
class Witness {
 public:
  // Fails the test and aborts when it cannot be opened. `server` answers directly, not through a
  // proxy.
  Witness(const RedisProcess& server, const std::string& uri);

  Round Try();
  // A Put with nothing beside it, which leaves at once where there is a connection.
  absl::Status PutAlone();
  // A Get of the record that every round reads; any answer may be right.
  absl::Status Read();
  // Tries until a round is all OK. Fails the test when that takes more than kRecoveryLimit; prints
  // the time.
  absl::Duration AwaitRecovery(absl::string_view after);
  // Tries until all calls of a round are UNAVAILABLE for a reason that holds `text`: for what is
  // noticed by looking. Fails the test when that takes more than kRecoveryLimit.
  void AwaitRefusal(absl::string_view text);

  // Compares with the server: what was OK is there, what was UNAVAILABLE is not. To be called when
  // no bytes are on their way any more.
  void CheckServer();

  // Writes that ended in that way so far, and how many of those the last CheckServer found done.
  int count(absl::StatusCode code) const;
  int unknown_and_done() const { return unknown_and_done_; }

  Storage& storage() { return *storage_; }
  RateLimiter& limiter() { return *limiter_; }
  // Of the record that every round reads, in Redis.
  std::string record_name() const;
  std::string bucket_name() const;

 private:
  struct Write {
    bool is_delete = false;
    absl::Status status;
  };

  void Prepare(const std::string& key);
  void CheckText(const absl::Status& status) const;

  const RedisProcess& server_;
  const std::string uri_;
  std::unique_ptr<Storage> storage_;
  std::unique_ptr<RateLimiter> limiter_;
  int puts_ = 0;
  int deletes_ = 0;
  // By the record's name in Redis.
  std::map<std::string, Write> writes_;
  int unknown_and_done_ = 0;
};

// Each of the calls was UNAVAILABLE, for a reason that holds `text`.
void ExpectAllUnavailable(const Round& round, absl::string_view text);
void ExpectUnavailable(const absl::Status& status, absl::string_view text);
// FAILED_PRECONDITION, which waiting does not mend.
void ExpectRefused(const absl::Status& status, absl::string_view text);

}  // namespace twofold

#endif  // TWOFOLD_TESTS_REDIS_WITNESS_H_
