#ifndef TWOFOLD_STORAGE_REDIS_TLS_CLIENT_H_
#define TWOFOLD_STORAGE_REDIS_TLS_CLIENT_H_

#include <memory>

#include "absl/status/statusor.h"
#include "storage/redis/redis_uri.h"
#include "storage/redis/transport.h"

namespace twofold::redis {

// TLS 1.2 or newer; the server's certificate is verified for the name or address that was connected to.
// INVALID_ARGUMENT naming the file that cannot be used, and why. Blocks.
absl::StatusOr<std::unique_ptr<TlsClient>> NewTlsClient(const TlsFiles& files);

}  // namespace twofold::redis

#endif  // TWOFOLD_STORAGE_REDIS_TLS_CLIENT_H_
