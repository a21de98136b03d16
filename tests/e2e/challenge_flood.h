#ifndef TWOFOLD_TESTS_E2E_CHALLENGE_FLOOD_H_
#define TWOFOLD_TESTS_E2E_CHALLENGE_FLOOD_H_

#include <grpcpp/grpcpp.h>

#include <cstddef>
#include <map>
#include <memory>
#include <string>

#include "tests/harness/server_process.h"
#include "twofold/v1/two_factor_service.grpc.pb.h"

namespace twofold {

// Calls of StartChallenge for sent codes, of which any number are under way at the same time. Used by one
// thread.
class ChallengeFlood {
 public:
  explicit ChallengeFlood(const ServerProcess& server);
  // Cancels what is under way.
  ~ChallengeFlood();
  ChallengeFlood(const ChallengeFlood&) = delete;
  ChallengeFlood& operator=(const ChallengeFlood&) = delete;

  // An empty address is none.
  void Start(const std::string& user, const std::string& client_address = "");
  // Takes answers until at most so many calls are under way.
  void Await(size_t under_way);
  // Takes the answers that are there, and returns how many calls are still under way.
  size_t UnderWay();
  void Cancel();

  // How many calls ended with each reason. "ok" means that a code was sent, and "" that the call was
  // cancelled.
  const std::map<std::string, int>& outcomes() const { return outcomes_; }

 private:
  struct Call;

  void Take(void* tag);

  std::unique_ptr<v1::TwoFactorService::Stub> stub_;
  grpc::CompletionQueue queue_;
  std::map<Call*, std::unique_ptr<Call>> calls_;
  std::map<std::string, int> outcomes_;
};

}  // namespace twofold

#endif  // TWOFOLD_TESTS_E2E_CHALLENGE_FLOOD_H_
