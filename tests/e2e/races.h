#ifndef TWOFOLD_TESTS_E2E_RACES_H_
#define TWOFOLD_TESTS_E2E_RACES_H_

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "clients/cpp/client.h"
#include "tests/harness/server_process.h"
#include "tests/harness/tool.h"
#include "tests/redis/harness/redis_process.h"

namespace twofold {

ClientOptions OptionsFor(const ServerProcess& server, absl::Duration timeout = absl::Seconds(20));

// How 64 posts end, to the servers in turn, at the same time and each with a request id of its own: how
// many are "ok", and how many have each reason of an error. The requests are posted in turn, too.
std::map<std::string, int> PostMany(const std::vector<TwofoldClient*>& clients,
                                    const std::vector<v1::VerifyRequest>& requests);

// Two servers on one Redis, with one key ring.
class TwoServers : public ::testing::Test {
 protected:
  // `flags` may name files of the test's folder.
  explicit TwoServers(std::vector<std::string> (*flags)(const TempFolder& folder));

  TempFolder folder_;
  RedisProcess redis_ = RedisProcess(RedisOptions());
  std::unique_ptr<ServerProcess> first_;
  std::unique_ptr<ServerProcess> second_;
  std::unique_ptr<TwofoldClient> one_;
  std::unique_ptr<TwofoldClient> two_;
};

// Whatever a server answered before it was killed, a request is accepted once at most, and never again once
// that was acknowledged. `prepare` makes the request of each round.
void ExpectOnceAcrossCrashes(ServerProcess& server, int rounds,
                             const std::function<v1::VerifyRequest(TwofoldClient&, int round)>& prepare);

}  // namespace twofold

#endif  // TWOFOLD_TESTS_E2E_RACES_H_
