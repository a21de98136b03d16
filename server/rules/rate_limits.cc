#include "server/rules/rate_limits.h"

#include <utility>

#include "absl/strings/string_view.h"
#include "storage/keys.h"

namespace twofold {
namespace {

// A backup code from an IPv6 address passes as many.
constexpr size_t kMostBuckets = 5;

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

// A bucket of the subject, and one for each network from which that subject is called.
template <typename Name>
void AddRecovery(const Subject& subject, const RateLimit& total, const ClientAddress& address,
                 const RateLimit& each, Name name, std::vector<Bucket>& buckets) {
  buckets.push_back({name(subject.key), total});
  const auto of_network = [&](absl::string_view network) { return name(subject.key, network); };
  AddNetworks(address, each, of_network, buckets);
}

std::vector<Bucket> SubjectSendBuckets(const Limits& limits, const Subject& subject) {
  return {{SubjectSendsBucket(subject.key, SendPeriod::kPause), limits.send_pause},
          {SubjectSendsBucket(subject.key, SendPeriod::kHour), limits.sends_hourly},
          {SubjectSendsBucket(subject.key, SendPeriod::kDay), limits.sends_daily}};
}

}  // namespace

std::vector<Bucket> PresentedBuckets(const Limits& limits, const Subject& subject, const Presented& presented,
                                     const ClientAddress& client_address) {
  std::vector<Bucket> buckets;
  buckets.reserve(kMostBuckets);
  if (GuessingOf(presented) == Guessing::kRoutine) {
    buckets.push_back({LoginBucket(subject.key), limits.login_limit});
  } else if (std::holds_alternative<ConsecutiveCodes>(presented)) {
    const auto name = [](auto... parts) { return ResyncBucket(parts...); };
    AddRecovery(subject, limits.resync_limit, client_address, limits.resync_address_limit, name, buckets);
  } else if (GuessingOf(presented) == Guessing::kUnguessable) {
    const auto name = [](auto... parts) { return SecurityKeyBucket(parts...); };
    AddRecovery(subject, limits.key_limit, client_address, limits.key_address_limit, name, buckets);
  } else {
    const auto name = [](auto... parts) { return BackupBucket(parts...); };
    AddRecovery(subject, limits.backup_limit, client_address, limits.backup_address_limit, name, buckets);
  }
  AddNetworks(client_address, limits.address_limit, NetworkCodesBucket, buckets);
  return buckets;
}

std::vector<Bucket> ChallengeBuckets(const Limits& limits, const Subject& subject,
                                     const ClientAddress& client_address) {
  std::vector<Bucket> buckets;
  buckets.push_back({ChallengeBucket(subject.key), limits.challenge_limit});
  AddNetworks(client_address, limits.address_limit, NetworkWritesBucket, buckets);
  return buckets;
}

std::vector<Bucket> GrantBuckets(const Limits& limits, const Subject& subject,
                                 const ClientAddress& client_address) {
  std::vector<Bucket> buckets;
  const auto name = [](auto... parts) { return GrantBucket(parts...); };
  AddRecovery(subject, limits.grant_limit, client_address, limits.grant_address_limit, name, buckets);
  AddNetworks(client_address, limits.address_limit, NetworkCodesBucket, buckets);
  return buckets;
}

std::vector<Bucket> SendBuckets(const Limits& limits, const Subject& subject, const SendRoute& route,
                                const ClientAddress& client_address) {
  std::vector<Bucket> buckets = SubjectSendBuckets(limits, subject);
  buckets.push_back({DestinationSendsBucket(route.destination_digest), limits.destination_sends});
  AddNetworks(client_address, limits.network_sends, NetworkSendsBucket, buckets);
  if (!route.dial_prefix.empty()) {
    buckets.push_back({PrefixSendsBucket(route.dial_prefix), limits.prefix_sends});
  }
  buckets.push_back({AllSendsBucket(route.type), limits.all_sends});
  return buckets;
}

std::vector<Bucket> WriteBuckets(const Limits& limits, const Subject& subject,
                                 const ClientAddress& client_address) {
  std::vector<Bucket> buckets;
  buckets.push_back({WriteBucket(subject.key), limits.write_limit});
  AddNetworks(client_address, limits.address_limit, NetworkWritesBucket, buckets);
  return buckets;
}

std::vector<Bucket> OwnBuckets(const Limits& limits, const Subject& subject) {
  std::vector<Bucket> buckets = WriteBuckets(limits, subject, ClientAddress());
  buckets.push_back({ChallengeBucket(subject.key), limits.challenge_limit});
  for (Bucket& bucket : GrantBuckets(limits, subject, ClientAddress())) buckets.push_back(std::move(bucket));
  for (Bucket& bucket : SubjectSendBuckets(limits, subject)) buckets.push_back(std::move(bucket));
  for (const Presented& presented : {Presented(OtpCode()), Presented(ConsecutiveCodes()),
                                     Presented(BackupCode()), Presented(Assertion())}) {
    for (Bucket& bucket : PresentedBuckets(limits, subject, presented, ClientAddress())) {
      buckets.push_back(std::move(bucket));
    }
  }
  return buckets;
}

}  // namespace twofold
