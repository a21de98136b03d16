#ifndef TWOFOLD_TESTS_REDIS_HA_SERVER_GROUP_H_
#define TWOFOLD_TESTS_REDIS_HA_SERVER_GROUP_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "clients/cpp/client.h"
#include "crypto/secret_bytes.h"
#include "tests/harness/server_process.h"
#include "tests/harness/tool.h"

namespace twofold {

using Flags = std::vector<std::string>;

// Flags that leave a guard against guessing wide open.
Flags OpenLimiter();
Flags OpenBudget();
Flags operator+(Flags a, const Flags& b);

// Real servers with one key ring and the same flags.
class ServerGroup {
 public:
  // Starts them, all at the same time.
  ServerGroup(size_t count, const Flags& flags);

  size_t size() const { return servers_.size(); }
  ServerProcess& server(size_t i) { return *servers_[i]; }
  // A client of each server, on a channel of its own.
  std::vector<std::unique_ptr<TwofoldClient>> NewClients() const;
  std::unique_ptr<TwofoldClient> NewClient(size_t i) const;

 private:
  const TempFolder folder_;
  std::vector<std::unique_ptr<ServerProcess>> servers_;
};

// What calls were answered with: the reason of an error, or "ok".
using Tally = std::map<std::string, int64_t>;

// Sends each request at the same time, the n-th through the n-th client round and round; at most 64
// are under way. Requests without an id get one each.
Tally VerifyAtOnce(const std::vector<std::unique_ptr<TwofoldClient>>& clients,
                   const std::vector<v1::VerifyRequest>& requests);

// A user with a device whose secret is known.
class Account {
 public:
  // Enrols and confirms. Aborts when that does not succeed.
  Account(TwofoldClient& client, std::string user, v1::MethodType type);

  // The n-th code after the one that confirmed. Of a time-based device only the first can be used.
  std::string Code(int64_t n) const;
  // One that is wrong now and soon.
  std::string WrongCode() const;
  v1::VerifyRequest Verify(const std::string& code) const;
  const std::vector<std::string>& backup_codes() const { return backup_codes_; }

 private:
  std::string user_;
  SecretBytes secret_;
  int64_t confirmed_ = 0;
  std::vector<std::string> backup_codes_;
};

}  // namespace twofold

#endif  // TWOFOLD_TESTS_REDIS_HA_SERVER_GROUP_H_
