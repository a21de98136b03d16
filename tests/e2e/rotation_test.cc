// The key ring is rotated while users log in at two servers.

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "clients/cpp/client.h"
#include "crypto/base32.h"
#include "crypto/otp.h"
#include "tests/harness/await.h"
#include "tests/harness/rounds.h"
#include "tests/harness/server_process.h"
#include "tests/harness/tool.h"
#include "tests/redis/harness/redis_process.h"

namespace twofold {
namespace {

constexpr int kThreads = 4;
// A HOTP code that is right for several counters of the window moves the counter past all of them.
// With 6 digits that happens once in 100,000 logins, and the next codes are refused.
constexpr int kDigits = 8;
constexpr absl::Duration kLimit = absl::Minutes(1);

class Rotation : public ::testing::Test {
 protected:
  // A user with the button of a HOTP token, so that logins need not wait for time.
  struct Person {
    std::string name;
    SecretBytes secret;
    int64_t counter = 0;
    std::string backup_code;
  };

  Rotation() {
    Twofold({"admin", "keyring", "new", ring_});
    for (const char* name : {"a", "b"}) {
      RunTool({"mkdir", folder_.File(name)});
      RollOut(name);
    }
    for (const char* name : {"a", "b"}) {
      servers_.push_back(std::make_unique<ServerProcess>(
          folder_.File(name),
          std::vector<std::string>{"--storage=redis://" + redis_.address(),
                                   "--keyring=file:" + folder_.File(std::string(name) + "/ring.json"),
                                   "--limit_attempts=1000000", "--limit_address_attempts=1000000",
                                   "--audit_log=none"}));
      ClientOptions options;
      options.address = servers_.back()->address();
      stubs_.push_back(v1::TwoFactorService::NewStub(*NewChannel(options)));
    }
  }

  static std::string Twofold(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), BuiltBinary("clients/cli/twofold"));
    const ToolResult result = RunTool(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.out + result.err;
  }

  // Replaces a server's copy of the key ring at once, as a mounted secret is replaced.
  void RollOut(const std::string& server) {
    const std::string file = folder_.File(server + "/ring.json");
    EXPECT_EQ(RunTool({"cp", "-p", ring_, file + ".new"}).exit_code, 0);
    EXPECT_EQ(RunTool({"mv", file + ".new", file}).exit_code, 0);
  }
  // Brings the ring to both servers, one after the other.
  void RollOutAndAwait(const std::string& change) {
    for (const size_t i : {0, 1}) {
      RollOut(i == 0 ? "a" : "b");
      servers_[i]->AwaitLine("reloaded the key ring: " + change);
    }
  }

  static std::string NextCode(Person& person) {
    return ComputeOtp(person.secret.bytes(), OtpParameters(HashAlgorithm::kSha1, kDigits), person.counter++);
  }

  // Without request ids, which a server would remember for a minute under the old key.
  template <typename Request, typename Response>
  bool Call(size_t server,
            grpc::Status (v1::TwoFactorService::Stub::*rpc)(grpc::ClientContext*, const Request&, Response*),
            const Request& request, Response& response) {
    grpc::ClientContext context;
    const grpc::Status status = (stubs_[server].get()->*rpc)(&context, request, &response);
    if (!status.ok()) ADD_FAILURE() << status.error_message();
    return status.ok();
  }

  void Enroll(Person& person, size_t server) {
    v1::EnrollRequest enroll;
    enroll.set_user_id(person.name);
    enroll.set_type(v1::METHOD_TYPE_HOTP);
    enroll.set_digits(kDigits);
    v1::EnrollResponse enrolled;
    if (!Call(server, &v1::TwoFactorService::Stub::Enroll, enroll, enrolled)) return;
    person.secret = Base32Decode(enrolled.secret_base32()).value();
    v1::ConfirmEnrollmentRequest confirm;
    confirm.set_user_id(person.name);
    confirm.set_method_id(enrolled.method().method_id());
    confirm.set_code(NextCode(person));
    v1::ConfirmEnrollmentResponse confirmed;
    if (!Call(server, &v1::TwoFactorService::Stub::ConfirmEnrollment, confirm, confirmed)) return;
    person.backup_code = confirmed.backup_codes(0);
  }

  bool LogIn(const std::string& name, const std::string& code, size_t server) {
    v1::VerifyRequest request;
    request.set_user_id(name);
    request.set_code(code);
    v1::VerifyResponse response;
    return Call(server, &v1::TwoFactorService::Stub::Verify, request, response);
  }

  const TempFolder folder_;
  const std::string ring_ = folder_.File("ring.json");
  RedisProcess redis_ = RedisProcess(RedisOptions());
  std::vector<std::unique_ptr<ServerProcess>> servers_;
  std::vector<std::unique_ptr<v1::TwoFactorService::Stub>> stubs_;
};

TEST_F(Rotation, NoCallFailsWhileTheKeyRingIsRotated) {
  const auto subjects = static_cast<size_t>(Rounds(200, 100'000));
  std::vector<Person> people(subjects);
  const auto in_threads = [](auto work) {
    std::vector<std::thread> threads;
    for (size_t t = 0; t < kThreads; ++t) threads.emplace_back([t, work] { work(t); });
    return threads;
  };
  std::vector<std::thread> enrolling = in_threads([&](size_t t) {
    for (size_t i = t; i < subjects; i += kThreads) {
      people[i].name = absl::StrCat("user", i);
      Enroll(people[i], i % 2);
    }
  });
  for (std::thread& thread : enrolling) thread.join();

  // The first half logs in all the time, and the second half only at the end.
  std::atomic<bool> over{false};
  std::atomic<int64_t> logins{0};
  const auto log_in = [&](size_t t) {
    for (size_t turn = 0; !over; ++turn) {
      Person& person = people[(turn * kThreads + t) % (subjects / 2)];
      if (LogIn(person.name, NextCode(person), turn % 2)) ++logins;
    }
  };
  std::vector<std::thread> load = in_threads(log_in);
  const auto await_logins = [&] {
    const int64_t before = logins;
    EXPECT_TRUE(Await(kLimit, [&] { return logins > before + 100; }));
  };

  await_logins();
  Twofold({"admin", "keyring", "rotate", ring_});
  RollOutAndAwait("primary key 1, added 2");
  await_logins();
  Twofold({"admin", "keyring", "promote", ring_});
  RollOutAndAwait("primary key 2 instead of 1");
  await_logins();
  const std::string rewrapped = Twofold({"admin", "rewrap", "--address", servers_[0]->address()});
  EXPECT_NE(rewrapped.find("key 1: 0 secrets\n"), std::string::npos) << rewrapped;
  await_logins();
  Twofold({"admin", "keyring", "retire", ring_, "--key", "1", "--address", servers_[1]->address()});
  RollOutAndAwait("primary key 2, removed 1");
  await_logins();
  over = true;
  for (std::thread& thread : load) thread.join();
  std::cout << logins << " logins of " << subjects / 2 << " users\n";

  // A new process knows nothing of the old key.
  EXPECT_EQ(servers_[0]->Terminate(), 0);
  servers_[0]->Start();
  ClientOptions options;
  options.address = servers_[0]->address();
  stubs_[0] = v1::TwoFactorService::NewStub(*NewChannel(options));
  for (size_t i = subjects / 2; i < subjects; ++i) {
    EXPECT_TRUE(LogIn(people[i].name, NextCode(people[i]), 0));
    if (i % 10 == 0) {
      EXPECT_TRUE(LogIn(people[i].name, people[i].backup_code, 1));
    }
  }
}

}  // namespace
}  // namespace twofold
