#ifndef TWOFOLD_STORAGE_REDIS_REDIS_STORAGE_H_
#define TWOFOLD_STORAGE_REDIS_REDIS_STORAGE_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock.h"
#include "storage/backend_uri.h"
#include "storage/storage.h"

namespace twofold {

// Storage in Redis: one string a record, changed by one script. Where Redis is no Cluster and no replicas are
// waited for, it has metered reads. `uri` is one that redis_uri.h describes.
// `warn` gets sentences for operators, at once and later, on any thread. INVALID_ARGUMENT: the URI.
// UNAVAILABLE, FAILED_PRECONDITION: the server does not answer, or must not be used. Blocks until it has been
// looked at. `clock` takes the place of the server's in metered reads, for tests; it outlives the storage.
absl::StatusOr<std::unique_ptr<Storage>> OpenRedisStorage(const BackendUri& uri,
                                                          std::function<void(const std::string&)> warn,
                                                          const Clock* clock = nullptr);

// INVALID_ARGUMENT when the URI is none that redis_uri.h describes. Reaches nothing.
absl::Status CheckRedisUri(const BackendUri& uri);

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_REDIS_REDIS_STORAGE_H_
