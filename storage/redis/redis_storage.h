#ifndef TWOFOLD_STORAGE_REDIS_REDIS_STORAGE_H_
#define TWOFOLD_STORAGE_REDIS_REDIS_STORAGE_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock.h"
#include "storage/backend_uri.h"
#include "storage/opened_storage.h"

namespace twofold {

// Opens a storage that keeps each record in one Redis string, which one script changes. A limiter
// and a gate come with it unless the deployment is a Cluster or writes wait for replicas.
// redis_uri.h describes `uri`. `warn` gets sentences for operators, now and later, on any thread.
// `clock` replaces the server's clock in the limiter and the gate. It is for tests, may be null,
// and outlives them.
//
// Blocks until the deployment was examined. INVALID_ARGUMENT: the URI is wrong. UNAVAILABLE: no
// server answers. FAILED_PRECONDITION: the server must not be used.
absl::StatusOr<OpenedStorage> OpenRedisStorage(const BackendUri& uri,
                                               std::function<void(const std::string&)> warn,
                                               const Clock* clock = nullptr);

// INVALID_ARGUMENT when redis_uri.h does not allow the URI. Reaches nothing.
absl::Status CheckRedisUri(const BackendUri& uri);

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_REDIS_REDIS_STORAGE_H_
