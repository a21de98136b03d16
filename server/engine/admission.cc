#include "server/engine/admission.h"

#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "storage/keys.h"

namespace twofold {
namespace {

RateLimit OfSite(const RateLimit& network) {
  return RateLimit{Limits::kSiteFactor * network.attempts, network.window};
}

// The bucket that `name` makes of each of the networks.
template <typename Name>
void AddNetworks(const ClientAddress& address, const RateLimit& limit, Name name,
                 std::vector<Bucket>& buckets) {
  if (!address.network.empty()) buckets.push_back({name(address.network), limit});
  if (!address.site.empty()) buckets.push_back({name(address.site), OfSite(limit)});
}

}  // namespace

std::vector<Bucket> BucketsOf(const Limits& limits, const Subject& subject, Meter meter,
                              const ClientAddress& client_address) {
  std::vector<Bucket> buckets;
  if (meter == Meter::kNone) return buckets;
  // Of a backup code from IPv6.
  constexpr size_t kMost = 5;
  buckets.reserve(kMost);
  switch (meter) {
    case Meter::kNone:
      break;
    case Meter::kLogin:
      buckets.push_back({LoginBucket(subject.key), limits.login_limit});
      break;
    case Meter::kResync:
      buckets.push_back({ResyncBucket(subject.key), limits.resync_limit});
      AddNetworks(
          client_address, limits.resync_address_limit,
          [&](absl::string_view network) { return ResyncBucket(subject.key, network); }, buckets);
      break;
    case Meter::kBackup:
      buckets.push_back({BackupBucket(subject.key), limits.backup_limit});
      AddNetworks(
          client_address, limits.backup_address_limit,
          [&](absl::string_view network) { return BackupBucket(subject.key, network); }, buckets);
      break;
    case Meter::kWrite:
      buckets.push_back({WriteBucket(subject.key), limits.write_limit});
      AddNetworks(client_address, limits.address_limit, NetworkWritesBucket, buckets);
      return buckets;
  }
  AddNetworks(client_address, limits.address_limit, NetworkCodesBucket, buckets);
  return buckets;
}

std::vector<Bucket> OwnBucketsOf(const Limits& limits, const Subject& subject) {
  std::vector<Bucket> buckets;
  for (const Meter meter : {Meter::kLogin, Meter::kResync, Meter::kBackup, Meter::kWrite}) {
    for (Bucket& bucket : BucketsOf(limits, subject, meter, ClientAddress())) {
      buckets.push_back(std::move(bucket));
    }
  }
  return buckets;
}

}  // namespace twofold
