#include "tests/redis_ha/deployments.h"

#include <cstdlib>
#include <iostream>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "common/async.h"
#include "storage/backend_uri.h"
#include "storage/redis/redis_rate_limiter.h"
#include "storage/redis/redis_storage.h"
#include "tests/harness/await.h"

namespace twofold {
namespace {

constexpr absl::Duration kPrepareLimit = absl::Seconds(30);

void Ignore(const std::string&) {}

template <typename T>
T OrAbort(absl::StatusOr<T> opened, const std::string& uri) {
  if (opened.ok()) return *std::move(opened);
  std::cerr << uri << ": " << opened.status() << "\n";
  std::abort();
}

std::string WithOptions(const std::string& uri, const std::string& options) {
  return options.empty() ? uri : absl::StrCat(uri, "?", options);
}

}  // namespace

std::string UriOf(const RedisProcess& server, const std::string& options) {
  return WithOptions(absl::StrCat("redis://", server.address()), options);
}

std::string UriOf(const SentinelSet& set, const std::string& options) {
  return SentinelUri(set.sentinel_addresses(), set.name(), options);
}

std::string UriOf(const ClusterSet& cluster, const std::string& options) {
  return WithOptions(absl::StrCat("redis+cluster://", absl::StrJoin(cluster.addresses(), ",")), options);
}

std::string SentinelUri(const std::vector<std::string>& sentinels, const std::string& name,
                        const std::string& options) {
  return WithOptions(absl::StrCat("redis+sentinel://", absl::StrJoin(sentinels, ","), "/", name), options);
}

OpenedStorage OpenAt(const std::string& uri) {
  OpenedStorage opened = OrAbort(OpenRedisStorage(ParseBackendUri(uri).value(), Ignore), uri);
  if (opened.prepare == nullptr) return opened;
  // A replica may be late to acknowledge on a busy machine. A server tries again then, too.
  absl::Status prepared;
  AwaitOrAbort(
      uri + " is prepared", kPrepareLimit, [&] { return (prepared = SyncWait(opened.prepare())).ok(); },
      [&] { return prepared.ToString(); });
  return opened;
}

std::unique_ptr<Storage> OpenStorageAt(const std::string& uri) { return OpenAt(uri).storage; }

std::unique_ptr<RateLimiter> OpenLimiterAt(const std::string& uri, const Clock* clock) {
  return OrAbort(OpenRedisRateLimiter(ParseBackendUri(uri).value(), Ignore, clock), uri);
}

}  // namespace twofold
