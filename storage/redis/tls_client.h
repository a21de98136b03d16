#ifndef TWOFOLD_STORAGE_REDIS_TLS_CLIENT_H_
#define TWOFOLD_STORAGE_REDIS_TLS_CLIENT_H_

#include <memory>

#include "absl/status/statusor.h"
#include "storage/redis/redis_uri.h"
#include "storage/redis/transport.h"

namespace twofold::redis {

// Makes connections with TLS 1.2 or newer. The server's certificate is verified for the name or
// address that the connection was made to. INVALID_ARGUMENT names the file that cannot be used, and
// the reason. Blocks.
absl::StatusOr<std::unique_ptr<TlsClient>> NewTlsClient(const TlsFiles& files);

}  // namespace twofold::redis

#endif  // TWOFOLD_STORAGE_REDIS_TLS_CLIENT_H_
