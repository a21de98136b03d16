#ifndef TWOFOLD_STORAGE_REDIS_HOMES_H_
#define TWOFOLD_STORAGE_REDIS_HOMES_H_

#include <cstdint>

#include "asio/any_io_executor.hpp"
#include "storage/redis/home.h"

namespace twofold::redis {

// The connections that the client called `client` has on the thread of `executor`, made with `options` when
// there are none. Null when the thread cannot hold any. On that thread. They go with its context.
Home* HomeHere(const asio::any_io_executor& executor, uint64_t client, const ChannelOptions& options);

}  // namespace twofold::redis

#endif  // TWOFOLD_STORAGE_REDIS_HOMES_H_
