#include "server/engine/admission.h"

#include <utility>

#include "server/engine/errors.h"
#include "storage/keys.h"

namespace twofold {

std::vector<MeteredBucket> BucketsOf(const Policy& policy, const Subject& subject, Meter meter,
                                     const std::string& client_address) {
  std::vector<MeteredBucket> buckets;
  if (meter == Meter::kNone) return buckets;
  if (!client_address.empty()) buckets.push_back({AddressBucket(client_address), policy.address_limit});
  if (meter == Meter::kLogin) {
    buckets.push_back({LoginBucket(subject.key), policy.login_limit});
  } else {
    buckets.push_back({RecoveryBucket(subject.key, client_address), policy.recovery_address_limit});
    buckets.push_back({RecoveryBucket(subject.key), policy.recovery_limit});
  }
  return buckets;
}

Task<absl::Status> Admit(RateLimiter& limiter, std::vector<MeteredBucket> buckets) {
  for (MeteredBucket& metered : buckets) {
    const absl::StatusOr<Admission> admission =
        co_await limiter.Acquire(std::move(metered.bucket), metered.limit);
    if (!admission.ok()) co_return LimiterUnavailableError();
    if (!admission->allowed) co_return RateLimitedError(admission->retry_after);
  }
  co_return absl::OkStatus();
}

}  // namespace twofold
