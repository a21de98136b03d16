// Security keys and sent codes that leave one server and come to another.

#include <string>

#include "crypto/system_random.h"
#include "gtest/gtest.h"
#include "server/rules/portable.h"
#include "tests/harness/software_key.h"
#include "tests/harness/user.h"
#include "tests/threats/threat_test.h"

namespace twofold {
namespace {

class PortableMethods : public testing::Test {
 protected:
  // Enrols a key and then a phone.
  void SetUp() override {
    const User ann(from_, "ann");
    auto enroll = ann.About<v1::EnrollRequest>();
    enroll.set_type(v1::METHOD_TYPE_SECURITY_KEY);
    const auto enrolled = from_.Call(enroll);
    ASSERT_EQ(Reason(enrolled), "ok");
    auto confirm = ann.About<v1::ConfirmEnrollmentRequest>();
    confirm.set_method_id(enrolled->method().method_id());
    confirm.set_webauthn_credential_json(*key_.Create(enrolled->webauthn_creation_options_json()));
    const auto confirmed = from_.Call(confirm);
    ASSERT_EQ(Reason(confirmed), "ok");
    auto phone = ann.About<v1::EnrollRequest>();
    phone.set_type(v1::METHOD_TYPE_SMS);
    phone.set_phone_number("+4915112345678");
    phone.set_proof_code(confirmed->backup_codes(0));
    const auto with_phone = from_.Call(phone);
    ASSERT_EQ(Reason(with_phone), "ok");
    confirm.set_method_id(with_phone->method().method_id());
    confirm.set_code(from_.sender().sent().back().code);
    ASSERT_EQ(Reason(from_.Call(confirm)), "ok");
  }

  v1::PortableMethod Exported(v1::MethodType type) {
    const Subject subject("", "ann");
    const WorkResults none;
    const MethodContext context{from_.ring(), SystemRandom(), subject, from_.clock().Now(), none};
    const Authenticators authenticators = BuiltinAuthenticators(TestMethodSettings());
    const internal::v1::SubjectRecord record = RecordOf(from_.storage(), "ann");
    for (const internal::v1::Method& method : record.methods()) {
      if (method.type() == type) return *ExportMethod(context, authenticators, method);
    }
    return v1::PortableMethod();
  }

  EngineHarness from_{"memory:", OpenLimits()};
  EngineHarness to_{"memory:", OpenLimits()};
  SoftwareKey key_{SoftwareKey::Settings()};
};

TEST_F(PortableMethods, LogInAtTheOtherServer) {
  const v1::PortableMethod key = Exported(v1::METHOD_TYPE_SECURITY_KEY);
  EXPECT_EQ(to_.Call(key)->outcome(), v1::IMPORT_OUTCOME_IMPORTED);
  EXPECT_EQ(to_.Call(key)->outcome(), v1::IMPORT_OUTCOME_UNCHANGED);
  const v1::PortableMethod phone = Exported(v1::METHOD_TYPE_SMS);
  EXPECT_EQ(phone.phone_number(), "+4915112345678");
  EXPECT_EQ(to_.Call(phone)->outcome(), v1::IMPORT_OUTCOME_IMPORTED);

  const User ann(to_, "ann");
  auto start = ann.About<v1::StartChallengeRequest>();
  start.add_allowed_types(v1::METHOD_TYPE_SECURITY_KEY);
  auto started = to_.Call(start);
  ASSERT_EQ(Reason(started), "ok");
  auto verify = ann.About<v1::VerifyRequest>();
  verify.set_challenge_id(started->challenge_id());
  verify.set_webauthn_credential_json(*key_.Get(started->webauthn_request_options_json()));
  EXPECT_EQ(Reason(to_.Call(verify)), "ok");

  to_.clock().Advance(1);
  start.set_allowed_types(0, v1::METHOD_TYPE_SMS);
  started = to_.Call(start);
  ASSERT_EQ(Reason(started), "ok");
  verify.set_challenge_id(started->challenge_id());
  verify.set_code(to_.sender().sent().back().code);
  EXPECT_EQ(Reason(to_.Call(verify)), "ok");
}

TEST_F(PortableMethods, T48_OfAPhoneNeedAStrongerMethodAtTheOtherServerToo) {
  EXPECT_EQ(Reason(to_.Call(Exported(v1::METHOD_TYPE_SMS))), "NO_DEVICE");
}

TEST_F(PortableMethods, T38_HaveTheBoundsOfEnrolledOnes) {
  const v1::PortableMethod good = Exported(v1::METHOD_TYPE_SECURITY_KEY);
  const auto reason = [&](auto change) {
    v1::PortableMethod changed = good;
    change(*changed.mutable_security_key());
    return Reason(to_.Call(changed));
  };
  using Key = v1::PortableSecurityKey;
  EXPECT_EQ(reason([](Key& key) { key.set_rp_id("evil.example"); }), "INVALID_REQUEST");
  EXPECT_EQ(reason([](Key& key) { key.clear_credential_id(); }), "INVALID_REQUEST");
  EXPECT_EQ(reason([](Key& key) { key.set_credential_id(std::string(1024, 'x')); }), "INVALID_REQUEST");
  EXPECT_EQ(reason([](Key& key) { key.clear_public_key(); }), "INVALID_REQUEST");
  EXPECT_EQ(reason([](Key& key) { key.mutable_public_key()->back() ^= 1; }), "INVALID_REQUEST");
  EXPECT_EQ(reason([](Key& key) { key.clear_user_handle(); }), "INVALID_REQUEST");
  EXPECT_EQ(reason([](Key& key) { key.set_user_handle(std::string(65, 'x')); }), "INVALID_REQUEST");
  EXPECT_EQ(reason([](Key& key) { key.set_backed_up(true); }), "INVALID_REQUEST");
  EXPECT_EQ(reason([](Key& key) { key.set_aaguid("short"); }), "INVALID_REQUEST");
  EXPECT_EQ(reason([](Key& key) { key.add_transports("usb\n"); }), "INVALID_REQUEST");
  EXPECT_EQ(reason([](Key&) {}), "ok");
  v1::PortableMethod phone = Exported(v1::METHOD_TYPE_SMS);
  phone.set_phone_number("+43664123456");
  EXPECT_EQ(Reason(to_.Call(phone)), "INVALID_REQUEST");
}

}  // namespace
}  // namespace twofold
