// L10: many enrol at once while others log in.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "clients/cpp/client.h"
#include "crypto/base32.h"
#include "crypto/otp.h"
#include "tests/harness/await.h"
#include "tests/harness/rounds.h"
#include "tests/harness/server_process.h"
#include "tests/harness/tool.h"

namespace twofold {
namespace {

constexpr int kBackupCodes = 10;

class Storm : public ::testing::Test {
 protected:
  struct Person {
    std::string user;
    SecretBytes secret;
    int64_t counter = 0;
    std::vector<std::string> backup_codes;
  };

  static ClientOptions At(const ServerProcess& server) {
    ClientOptions options;
    options.address = server.address();
    options.timeout = absl::Seconds(30);
    return options;
  }

  // With the button of a HOTP token, so that logins need not wait for time.
  static Person Enroll(TwofoldClient& client, const std::string& user, v1::QrFormat format) {
    Person person{user, {}, 0, {}};
    v1::EnrollRequest enroll;
    enroll.set_user_id(user);
    enroll.set_type(v1::METHOD_TYPE_HOTP);
    enroll.set_qr_format(format);
    const auto enrolled = client.Enroll(enroll);
    if (!enrolled.ok()) return person;
    person.secret = Base32Decode(enrolled->secret_base32()).value();
    v1::ConfirmEnrollmentRequest confirm;
    confirm.set_user_id(user);
    confirm.set_method_id(enrolled->method().method_id());
    confirm.set_code(NextCode(person));
    const auto confirmed = client.ConfirmEnrollment(confirm);
    if (confirmed.ok())
      person.backup_codes.assign(confirmed->backup_codes().begin(), confirmed->backup_codes().end());
    return person;
  }

  static std::string NextCode(Person& person) {
    return ComputeOtp(person.secret.bytes(), OtpParameters(HashAlgorithm::kSha1, 6), person.counter++);
  }

  // The slowest but one in a hundred of logins that come one after the other, each second one by a backup
  // code.
  absl::Duration Logins(TwofoldClient& client, const std::string& name) {
    constexpr int kPeople = 10;
    std::vector<absl::Duration> took;
    for (int i = 0; i < kPeople; ++i) {
      Person person = Enroll(client, absl::StrCat(name, i), v1::QR_FORMAT_NONE);
      EXPECT_EQ(person.backup_codes.size(), size_t{kBackupCodes});
      for (const std::string& backup_code : person.backup_codes) {
        for (const std::string& code : {NextCode(person), backup_code}) {
          v1::VerifyRequest request;
          request.set_user_id(person.user);
          request.set_code(code);
          const absl::Time begin = absl::Now();
          EXPECT_TRUE(client.Verify(request).ok());
          took.push_back(absl::Now() - begin);
        }
      }
    }
    std::sort(took.begin(), took.end());
    return took[took.size() * 99 / 100];
  }

  const TempFolder folder_;
};

// Beside whatever else the machine does: one of some tries has to do. A soak is for a machine that does
// nothing else.
TEST_F(Storm, L10_LoginsBesideAnEnrolmentStormTakeAtMostTwiceAsLong) {
  ServerProcess server(folder_.File("data"), {"--limit_attempts=1000000", "--audit_log=none"});
  TwofoldClient client(At(server));
  const absl::Duration noise = absl::Milliseconds(Rounds(250, 20));
  const int rounds = Rounds(1, 20);
  for (int round = 0; round < rounds; ++round) {
    bool held = false;
    for (int attempt = 0; attempt < 5 && !held; ++attempt) {
      const std::string name = absl::StrCat(round, "-", attempt, "-");
      const absl::Duration quiet = std::max(noise, Logins(client, absl::StrCat("quiet-", name)));
      std::atomic<bool> over{false};
      std::atomic<int> enrolled{0};
      std::vector<std::thread> storm;
      for (int t = 0; t < 32; ++t) {
        storm.emplace_back([&, t] {
          TwofoldClient mine(At(server));
          for (int n = 0; !over; ++n) {
            // A picture for each second one, as many as there is room for.
            const v1::QrFormat format = n % 2 == 0 ? v1::QR_FORMAT_PNG : v1::QR_FORMAT_NONE;
            if (!Enroll(mine, absl::StrCat("storm-", name, t, "-", n), format).backup_codes.empty())
              ++enrolled;
          }
        });
      }
      // A server that serves nobody must not hold the test up until its time is over.
      EXPECT_TRUE(Await(absl::Minutes(1), [&] { return enrolled >= 100; }));
      const int before = enrolled;
      const absl::Time begin = absl::Now();
      const absl::Duration stormy = Logins(client, absl::StrCat("stormy-", name));
      const double rate = (enrolled - before) / absl::ToDoubleSeconds(absl::Now() - begin);
      over = true;
      for (std::thread& thread : storm) thread.join();
      std::cout << "p99 of logins: " << quiet << " quiet, or what counts as noise; " << stormy << " beside "
                << rate << " enrolments a second\n";
      held = stormy <= 2 * quiet;
    }
    EXPECT_TRUE(held);
  }
  EXPECT_EQ(server.Terminate(), 0);
}

}  // namespace
}  // namespace twofold
