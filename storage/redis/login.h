#ifndef TWOFOLD_STORAGE_REDIS_LOGIN_H_
#define TWOFOLD_STORAGE_REDIS_LOGIN_H_

#include "absl/status/status.h"
#include "asio/awaitable.hpp"
#include "storage/redis/redis_uri.h"
#include "storage/redis/reply.h"
#include "storage/redis/transport.h"

namespace twofold::redis {

struct LoginOptions {
  Credentials credentials;
  int database = 0;
  // Refuses a server that is not a master.
  bool expect_master = true;
};

// Sends the first commands on a new connection: AUTH, SELECT, CLIENT SETNAME, ROLE.
// FAILED_PRECONDITION: the server refuses our credentials, our rights or our database. UNAVAILABLE:
// any other cause. `transport` and `reader` outlive the call. It has no deadline of its own, and
// closing the transport ends it.
asio::awaitable<absl::Status> LogIn(Transport& transport, ReplyReader& reader, LoginOptions options);

}  // namespace twofold::redis

#endif  // TWOFOLD_STORAGE_REDIS_LOGIN_H_
