#include "storage/redis/bucket.h"

#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/redis/call.h"
#include "storage/redis/scripts.h"

namespace twofold::redis {
namespace {

// The script computes with doubles, which are exact up to 2^53 microseconds: 285 years.
constexpr absl::Duration kMaxWindow = absl::Hours(24 * 366 * 20);
constexpr int64_t kMicrosPerMilli = 1000;

}  // namespace

absl::StatusOr<std::vector<std::string>> BucketArguments(const RateLimit& limit, const Clock* clock) {
  const int64_t window = absl::ToInt64Microseconds(absl::Ceil(limit.window, absl::Microseconds(1)));
  if (limit.attempts <= 0 || window <= 0 || limit.window > kMaxWindow) {
    return absl::InvalidArgumentError(
        "a rate limit needs a positive number of attempts and a positive window");
  }
  const int64_t interval = window / limit.attempts + (window % limit.attempts != 0 ? 1 : 0);
  std::vector<std::string> arguments;
  arguments.reserve(3);
  arguments.push_back(absl::StrCat(interval));
  arguments.push_back(absl::StrCat(limit.attempts));
  if (clock != nullptr) arguments.push_back(absl::StrCat(clock->Now() * kMicrosPerMilli));
  return arguments;
}

Task<absl::StatusOr<Admission>> Acquire(Client& client, std::string bucket, RateLimit limit,
                                        const Clock* clock) {
  absl::StatusOr<std::vector<std::string>> arguments = BucketArguments(limit, clock);
  if (!arguments.ok()) co_return arguments.status();
  Call call(kAcquireScript, std::move(bucket), *std::move(arguments));
  const absl::StatusOr<Reply> reply = co_await client.Send(std::move(call));
  if (!reply.ok()) co_return absl::UnavailableError(reply.status().message());
  co_return ReadAdmission(*reply);
}

absl::StatusOr<Admission> ReadAdmission(const Reply& reply) {
  if (reply.type != Reply::Type::kInteger || reply.integer < 0) {
    return absl::UnavailableError("Redis answered a script strangely");
  }
  Admission admission;
  admission.allowed = reply.integer == 0;
  admission.retry_after = absl::Microseconds(reply.integer);
  return admission;
}

}  // namespace twofold::redis
