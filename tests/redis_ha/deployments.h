#ifndef TWOFOLD_TESTS_REDIS_HA_DEPLOYMENTS_H_
#define TWOFOLD_TESTS_REDIS_HA_DEPLOYMENTS_H_

#include <memory>
#include <string>
#include <vector>

#include "storage/opened_storage.h"
#include "storage/rate_limiter.h"
#include "storage/storage.h"
#include "tests/redis/harness/redis_cluster.h"
#include "tests/redis/harness/redis_process.h"
#include "tests/redis/harness/redis_sentinel_set.h"

namespace twofold {

// The URI of a deployment under test. `options` follows the question mark.
std::string UriOf(const RedisProcess& server, const std::string& options = "");
std::string UriOf(const SentinelSet& set, const std::string& options = "");
std::string UriOf(const ClusterSet& cluster, const std::string& options = "");
// A URI that names only these Sentinels, in this order.
std::string SentinelUri(const std::vector<std::string>& sentinels, const std::string& name,
                        const std::string& options = "");

// Opens and prepares a storage, or opens a limiter. Shows no warnings. Aborts when it cannot be
// opened.
OpenedStorage OpenAt(const std::string& uri);
std::unique_ptr<Storage> OpenStorageAt(const std::string& uri);
std::unique_ptr<RateLimiter> OpenLimiterAt(const std::string& uri, const Clock* clock = nullptr);

}  // namespace twofold

#endif  // TWOFOLD_TESTS_REDIS_HA_DEPLOYMENTS_H_
