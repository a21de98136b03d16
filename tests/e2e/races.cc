#include "tests/e2e/races.h"

#include <thread>

#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"

namespace twofold {
namespace {

constexpr size_t kParallel = 64;

}  // namespace

ClientOptions OptionsFor(const ServerProcess& server, absl::Duration timeout) {
  ClientOptions options;
  options.address = server.address();
  options.timeout = timeout;
  return options;
}

std::map<std::string, int> PostMany(const std::vector<TwofoldClient*>& clients,
                                    const std::vector<v1::VerifyRequest>& requests) {
  absl::Mutex mutex;
  std::map<std::string, int> outcomes;
  std::vector<std::thread> threads;
  for (size_t i = 0; i < kParallel; ++i) {
    threads.emplace_back([&, i] {
      const auto verified = clients[i % clients.size()]->Verify(requests[i / 2 % requests.size()]);
      const absl::MutexLock lock(&mutex);
      ++outcomes[verified.ok() ? "ok" : verified.error().reason];
    });
  }
  for (std::thread& thread : threads) thread.join();
  return outcomes;
}

TwoServers::TwoServers(std::vector<std::string> (*more)(const TempFolder& folder)) {
  const ToolResult ring =
      RunTool({BuiltBinary("clients/cli/twofold"), "admin", "keyring", "new", folder_.File("ring.json")});
  EXPECT_EQ(ring.exit_code, 0) << ring.err;
  std::vector<std::string> flags = more(folder_);
  flags.push_back("--storage=redis://" + redis_.address());
  flags.push_back("--keyring=file:" + folder_.File("ring.json"));
  first_ = std::make_unique<ServerProcess>(folder_.path(), flags);
  RunTool({"mkdir", folder_.File("second")});
  second_ = std::make_unique<ServerProcess>(folder_.File("second"), flags);
  one_ = std::make_unique<TwofoldClient>(OptionsFor(*first_));
  two_ = std::make_unique<TwofoldClient>(OptionsFor(*second_));
}

void ExpectOnceAcrossCrashes(ServerProcess& server, int rounds,
                             const std::function<v1::VerifyRequest(TwofoldClient&, int round)>& prepare) {
  for (int round = 0; round < rounds; ++round) {
    v1::VerifyRequest request;
    {
      TwofoldClient client(OptionsFor(server));
      request = prepare(client, round);
    }
    int accepted = 0;
    std::thread post([&] {
      TwofoldClient client(OptionsFor(server, absl::Milliseconds(200)));
      if (client.Verify(request).ok()) ++accepted;
    });
    // The moment of the crash moves from before the call arrives to after its answer. No condition can
    // stand for it, because nobody outside sees where a server is between the two.
    absl::SleepFor(absl::Milliseconds(round * 2));
    server.Kill();
    post.join();
    server.Start();
    TwofoldClient again(OptionsFor(server));
    for (int i = 0; i < 2; ++i) {
      if (again.Verify(request).ok()) ++accepted;
    }
    ASSERT_LE(accepted, 1) << "round " << round;
    ASSERT_FALSE(again.Verify(request).ok());
  }
}

}  // namespace twofold
