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
  std::string ca;    // PEM; empty: the system's certificates.
  std::string cert;  // PEM with the client's certificate and its key; both or neither.
  std::string key;
};

// What a URI says, docs/redis.md:
//   redis://[[USER]:PASSWORD@]HOST[:PORT][/DB]           rediss:// the same over TLS
//   redis+unix://[[USER]:PASSWORD@]/PATH
//   redis+sentinel://[[USER]:PASSWORD@]HOST[:PORT][,HOST[:PORT]...]/MASTER[/DB]
//   redis+cluster://[[USER]:PASSWORD@]HOST[:PORT][,HOST[:PORT]...]
// with options after a question mark.
struct RedisUri {
  Deployment deployment = Deployment::kSingle;
  // The server; the sentinels; some nodes of the cluster.
  std::vector<Endpoint> endpoints;
  std::string master_name;  // kSentinel.
  int database = 0;
  Credentials credentials;
  Credentials sentinel_credentials;
  bool tls = false;
  TlsFiles tls_files;
  // So many replicas must have a write before it is answered.
  int min_replicas = 0;
  // The longest a command may wait to be sent, and then for its reply.
  absl::Duration timeout = absl::Milliseconds(500);
  // The longest that connecting may take, names, TLS and authentication included.
  absl::Duration connect_timeout = absl::Seconds(1);
};

// INVALID_ARGUMENT, in a sentence that names the part and never shows a password.
absl::StatusOr<RedisUri> ParseRedisUri(const BackendUri& uri);

}  // namespace twofold::redis

#endif  // TWOFOLD_STORAGE_REDIS_REDIS_URI_H_
