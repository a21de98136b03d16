#ifndef TWOFOLD_STORAGE_REDIS_REDIS_URI_H_
#define TWOFOLD_STORAGE_REDIS_REDIS_URI_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "storage/backend_uri.h"
#include "storage/redis/endpoint.h"

namespace twofold::redis {

enum class Deployment {
  kSingle,    // One server, at a fixed address.
  kSentinel,  // Sentinels know which server is the master.
  kCluster,   // Redis Cluster: slots on several masters.
};

struct Credentials {
  std::string user;  // Empty: Redis's default user.
  std::string password;
};

struct TlsFiles {
  std::string ca;    // PEM. Empty: the system's certificates.
  std::string cert;  // PEM of the client's certificate. Empty: none.
  std::string key;   // PEM of its key. Set together with `cert`.
};

// A parsed URI. docs/redis.md describes its forms:
//   redis://[[USER]:PASSWORD@]HOST[:PORT][/DB]           rediss:// the same over TLS
//   redis+unix://[[USER]:PASSWORD@]/PATH
//   redis+sentinel://[[USER]:PASSWORD@]HOST[:PORT][,HOST[:PORT]...]/MASTER[/DB]
//   redis+cluster://[[USER]:PASSWORD@]HOST[:PORT][,HOST[:PORT]...]
// Options follow a question mark.
struct RedisUri {
  Deployment deployment = Deployment::kSingle;
  // The server, the Sentinels, or some nodes of the Cluster.
  std::vector<Endpoint> endpoints;
  std::string master_name;  // For kSentinel.
  int database = 0;
  Credentials credentials;
  Credentials sentinel_credentials;
  bool tls = false;
  TlsFiles tls_files;
  // Number of replicas that must acknowledge a write before it is answered.
  int min_replicas = 0;
  // The longest time that a command may wait to be sent, and then for its reply.
  absl::Duration timeout = absl::Milliseconds(500);
  // The longest time that connecting may take, with name resolution, TLS and authentication.
  absl::Duration connect_timeout = absl::Seconds(1);
};

// INVALID_ARGUMENT: a sentence that names the wrong part and never shows a password.
absl::StatusOr<RedisUri> ParseRedisUri(const BackendUri& uri);

}  // namespace twofold::redis

#endif  // TWOFOLD_STORAGE_REDIS_REDIS_URI_H_
