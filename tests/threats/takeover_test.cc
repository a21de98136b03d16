// Nobody gets rid of a second factor, or gets another one in, with the first alone.

#include "crypto/system_random.h"
#include "server/methods/otp/totp.h"
#include "server/methods/sealed.h"
#include "tests/fakes/faulty_storage.h"
#include "tests/threats/threat_test.h"

namespace twofold {
namespace {

class Takeover : public ThreatTest {
 protected:
  v1::UpdateMethodRequest SetEnabled(const User& user, const std::string& method_id, bool enabled,
                                     const std::string& proof = "") {
    auto request = user.About<v1::UpdateMethodRequest>();
    request.set_method_id(method_id);
    request.set_enabled(enabled);
    request.mutable_update_mask()->add_paths("enabled");
    request.set_proof_code(proof);
    return request;
  }
  v1::DeleteMethodRequest Delete(const User& user, const std::string& method_id,
                                 const std::string& proof = "") {
    auto request = user.About<v1::DeleteMethodRequest>();
    request.set_method_id(method_id);
    request.set_proof_code(proof);
    return request;
  }
  v1::ConfirmEnrollmentRequest Confirm(const User& user, const std::string& method_id,
                                       const std::string& code) {
    auto request = user.About<v1::ConfirmEnrollmentRequest>();
    request.set_method_id(method_id);
    request.set_code(code);
    return request;
  }
  // A pending method, and the app that knows its secret.
  App Begin(const User& user, const std::string& proof = "") {
    auto request = user.About<v1::EnrollRequest>();
    request.set_proof_code(proof);
    const auto enrolled = harness_.Call(request);
    EXPECT_EQ(Reason(enrolled), "ok");
    return App(enrolled->method().method_id(), enrolled->otpauth_uri());
  }
};
INSTANTIATE_TEST_SUITE_P(, Takeover, EverySetting(), SettingName);

TEST_P(Takeover, T33_OnceThereIsADeviceEveryChangeNeedsProof) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  const App other = EnrollAnother(user, v1::METHOD_TYPE_TOTP, app.CodeAt(Now()));
  Rest();
  const App pending = Begin(user, app.CodeAt(Now()));
  const std::string before = Record(user).SerializeAsString();
  EXPECT_EQ(Reason(harness_.Call(user.About<v1::EnrollRequest>())), "PROOF_REQUIRED");
  EXPECT_EQ(Reason(harness_.Call(user.About<v1::RotateBackupCodesRequest>())), "PROOF_REQUIRED");
  EXPECT_EQ(Reason(harness_.Call(user.About<v1::DeleteBackupCodesRequest>())), "PROOF_REQUIRED");
  EXPECT_EQ(Reason(harness_.Call(Delete(user, app.method_id()))), "PROOF_REQUIRED");
  EXPECT_EQ(Reason(harness_.Call(Delete(user, pending.method_id()))), "PROOF_REQUIRED");
  EXPECT_EQ(Reason(harness_.Call(SetEnabled(user, other.method_id(), false))), "PROOF_REQUIRED");
  EXPECT_EQ(Reason(harness_.Call(SetEnabled(user, other.method_id(), true))), "PROOF_REQUIRED");
  EXPECT_EQ(Record(user).SerializeAsString(), before) << "and costs nothing";
}

TEST_P(Takeover, T33_ADisabledDeviceCountsAsOne) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  // Cannot come about through the service.
  Tamper(harness_.storage(), "ann",
         [](SubjectRecord& record) { DeviceAt(record, 0).set_state(v1::METHOD_STATE_DISABLED); });
  EXPECT_EQ(Reason(harness_.Call(user.About<v1::EnrollRequest>())), "PROOF_REQUIRED");
  EXPECT_EQ(Reason(harness_.Call(Delete(user, app.method_id()))), "PROOF_REQUIRED");
  EXPECT_TRUE(user.List()->second_factor_required());
}

TEST_P(Takeover, T33_AWrongProofChangesNothing) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  const std::string wrong = app.WrongCode(Now());
  EXPECT_TRUE(Refused(harness_.Call(Delete(user, app.method_id(), wrong))));
  auto enroll = user.About<v1::EnrollRequest>();
  enroll.set_proof_code(wrong);
  EXPECT_TRUE(Refused(harness_.Call(enroll)));
  auto rotate = user.About<v1::RotateBackupCodesRequest>();
  rotate.set_proof_code(wrong);
  EXPECT_TRUE(Refused(harness_.Call(rotate)));
  Rest();
  EXPECT_EQ(CountDevices(Record(user)), 1);
  EXPECT_EQ(Reason(user.Verify(user.backup_codes()[0])), "ok");
  EXPECT_EQ(Reason(user.Verify(app.CodeAt(Now()))), "ok");
}

TEST_P(Takeover, T33_AProofIsSpentWithItsChangeAndNotWithoutIt) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  const std::string proof = app.CodeAt(Now());
  EXPECT_EQ(Reason(harness_.Call(Delete(user, "nosuchmethod", proof))), "METHOD_NOT_FOUND");
  EXPECT_EQ(Reason(harness_.Call(SetEnabled(user, app.method_id(), false, proof))), "LAST_METHOD");
  auto rotate = user.About<v1::RotateBackupCodesRequest>();
  rotate.set_proof_code(proof);
  EXPECT_EQ(Reason(harness_.Call(rotate)), "ok");
  EXPECT_TRUE(Refused(user.Verify(proof)));
  EXPECT_TRUE(Refused(harness_.Call(rotate)));
}

TEST_P(Takeover, T33_EnrollNeverReplacesAnActiveSecret) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  Begin(user, app.CodeAt(Now()));
  EXPECT_EQ(CountDevices(Record(user)), 2);
  Rest();
  EXPECT_EQ(Reason(user.Verify(app.CodeAt(Now()))), "ok");
}

TEST_P(Takeover, T33_AMethodEnrolledBeforeTheOwnersFirstOneCannotBeConfirmedAfterIt) {
  User user(harness_, "ann");
  const App attackers = Begin(user);
  const App owners = Begin(user);
  EXPECT_EQ(Reason(harness_.Call(Confirm(user, attackers.method_id(), attackers.CodeAt(Now())))),
            "METHOD_NOT_FOUND");
  EXPECT_EQ(Reason(harness_.Call(Confirm(user, owners.method_id(), owners.CodeAt(Now())))), "ok");
  EXPECT_EQ(Reason(harness_.Call(Confirm(user, attackers.method_id(), attackers.CodeAt(Now())))),
            "METHOD_NOT_FOUND");
  EXPECT_EQ(CountDevices(Record(user)), 1);
}

TEST_P(Takeover, T33_ASetOfBackupCodesIsNoEnrolment) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  EXPECT_EQ(Reason(harness_.Call(Confirm(user, "backup", app.CodeAt(Now())))), "METHOD_NOT_FOUND");
}

TEST_P(Takeover, T33_NorWhenTheRecordHoldsTwoUnprovenOnes) {
  User user(harness_, "ann");
  const App owners = Begin(user);
  // As a release with a fault, or a restored store, might have left it.
  Tamper(harness_.storage(), "ann", [&](SubjectRecord& record) {
    internal::v1::Method attackers = DeviceAt(record, 0);
    attackers.set_method_id("attackers");
    const Subject ann("", "ann");
    const WorkResults none;
    const MethodContext context{harness_.ring(), SystemRandom(), ann, Now(), none};
    SealSecret(context, *NewTotp("Twofold"), SecretBytes::FromString("01234567890123456789"), attackers);
    *record.add_methods() = attackers;
  });
  EXPECT_EQ(Reason(harness_.Call(Confirm(user, owners.method_id(), owners.CodeAt(Now())))), "ok");
  EXPECT_EQ(CountDevices(Record(user)), 1);
  EXPECT_EQ(Reason(harness_.Call(Confirm(user, "attackers", "123456"))), "METHOD_NOT_FOUND");
}

TEST_P(Takeover, T33_AnActiveMethodIsNotConfirmedAgain) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  EXPECT_EQ(Reason(harness_.Call(Confirm(user, app.method_id(), app.CodeAt(Now())))), "METHOD_STATE");
  EXPECT_EQ(Reason(user.Verify(app.CodeAt(Now()))), "ok") << "the code was not spent";
}

TEST_P(Takeover, T33_AnEnrolmentThatWasVouchedForOutlivesTheConfirmationOfAnother) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  const App one = Begin(user, app.CodeAt(Now()));
  AdvanceSeconds(60);
  const App two = Begin(user, app.CodeAt(Now()));
  EXPECT_EQ(Reason(harness_.Call(Confirm(user, two.method_id(), two.CodeAt(Now())))), "ok");
  EXPECT_EQ(Reason(harness_.Call(Confirm(user, one.method_id(), one.CodeAt(Now())))), "ok");
  EXPECT_EQ(CountDevices(Record(user)), 3);
}

// Also of the first one, after the device that vouched has gone.
TEST_P(Takeover, T33_AnEnrolmentThatWasVouchedForOutlivesAConfirmationThatIsTheFirstAgain) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  const App one = Begin(user, app.CodeAt(Now()));
  AdvanceSeconds(60);
  const App two = Begin(user, app.CodeAt(Now()));
  Rest();
  ASSERT_EQ(Reason(harness_.Call(Delete(user, app.method_id(), app.CodeAt(Now())))), "ok");
  EXPECT_EQ(Reason(harness_.Call(Confirm(user, two.method_id(), two.CodeAt(Now())))), "ok");
  EXPECT_EQ(Reason(harness_.Call(Confirm(user, one.method_id(), one.CodeAt(Now())))), "ok");
  EXPECT_EQ(CountDevices(Record(user)), 2);
}

TEST_P(Takeover, T33_TheLastActiveDeviceCannotBeDisabledOrBesideADisabledOneDeleted) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  const App other = EnrollAnother(user, v1::METHOD_TYPE_TOTP, app.CodeAt(Now()));
  EXPECT_EQ(Reason(harness_.Call(SetEnabled(user, other.method_id(), false, app.CodeAt(Now())))), "ok");
  Rest();
  EXPECT_TRUE(Refused(user.Verify(other.CodeAt(Now()))));
  EXPECT_EQ(Reason(harness_.Call(SetEnabled(user, app.method_id(), false, app.CodeAt(Now())))),
            "LAST_METHOD");
  EXPECT_EQ(Reason(harness_.Call(Delete(user, app.method_id(), app.CodeAt(Now())))), "LAST_METHOD");
  // A disabled device vouches for nothing.
  EXPECT_TRUE(Refused(harness_.Call(SetEnabled(user, other.method_id(), true, other.CodeAt(Now(), 1)))));
  EXPECT_TRUE(user.List()->second_factor_required());
  // With a proof the disabled one may go, and then the last.
  EXPECT_EQ(Reason(harness_.Call(Delete(user, other.method_id(), app.CodeAt(Now())))), "ok");
  Rest();
  EXPECT_EQ(Reason(harness_.Call(Delete(user, app.method_id(), app.CodeAt(Now())))), "ok");
  EXPECT_FALSE(user.List()->second_factor_required());
}

TEST_P(Takeover, T33_WithTheLastDeviceTheBackupCodesGo) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  const std::string backup = user.backup_codes()[5];
  ASSERT_EQ(Reason(harness_.Call(Delete(user, app.method_id(), app.CodeAt(Now())))), "ok");
  EXPECT_TRUE(Refused(user.Verify(backup)));
  EXPECT_EQ(user.List()->methods_size(), 0);
  EXPECT_EQ(Reason(harness_.Call(user.About<v1::RotateBackupCodesRequest>())), "NO_DEVICE");
}

TEST_P(Takeover, T33_APendingMethodLogsNobodyInAndExpires) {
  User user(harness_, "ann");
  const App pending = Begin(user);
  EXPECT_TRUE(Refused(user.Verify(pending.CodeAt(Now()))));
  EXPECT_TRUE(
      Refused(harness_.Call(ResyncOf(user, pending, pending.CodeAt(Now()), pending.CodeAt(Now(), 1)))));
  EXPECT_FALSE(user.List()->second_factor_required());
  AdvanceSeconds(600);
  EXPECT_EQ(Reason(harness_.Call(Confirm(user, pending.method_id(), pending.CodeAt(Now())))),
            "METHOD_NOT_FOUND");
}

TEST_P(Takeover, T33_TenMethodsAreTheMost) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  for (int i = 1; i < 10; ++i) {
    Begin(user, app.CodeAt(Now()));
    AdvanceSeconds(30);
  }
  auto enroll = user.About<v1::EnrollRequest>();
  enroll.set_proof_code(app.CodeAt(Now()));
  EXPECT_EQ(Reason(harness_.Call(enroll)), "TOO_MANY_METHODS");
  EXPECT_EQ(Reason(user.Verify(app.CodeAt(Now()))), "ok") << "the proof was not spent";
}

TEST_P(Takeover, T34_TheAnswerNamesTheMethodThatAccepted) {
  User user(harness_, "ann");
  const App totp = user.Enroll();
  const App hotp = EnrollAnother(user, v1::METHOD_TYPE_HOTP, totp.CodeAt(Now()));
  Rest();
  const auto by_totp = user.Verify(totp.CodeAt(Now()));
  ASSERT_EQ(Reason(by_totp), "ok");
  EXPECT_EQ(by_totp->method().method_id(), totp.method_id());
  EXPECT_EQ(by_totp->method().type(), v1::METHOD_TYPE_TOTP);
  const auto by_hotp = user.Verify(hotp.CodeOf(1));
  ASSERT_EQ(Reason(by_hotp), "ok");
  EXPECT_EQ(by_hotp->method().method_id(), hotp.method_id());
  const auto by_backup = user.Verify(user.backup_codes()[0]);
  ASSERT_EQ(Reason(by_backup), "ok");
  EXPECT_EQ(by_backup->method().method_id(), "backup");
  EXPECT_EQ(by_backup->method().type(), v1::METHOD_TYPE_BACKUP_CODES);
  EXPECT_EQ(by_backup->backup_codes_remaining(), 9);
}

TEST_P(Takeover, T35_ASecondFactorIsRequiredFromTheFirstConfirmationToTheLastDeletion) {
  User user(harness_, "ann");
  const auto required = [&] { return user.List()->second_factor_required(); };
  EXPECT_FALSE(required());
  const App one = Begin(user);
  EXPECT_FALSE(required());
  ASSERT_EQ(Reason(harness_.Call(Confirm(user, one.method_id(), one.CodeAt(Now())))), "ok");
  EXPECT_TRUE(required());
  AdvanceSeconds(60);
  const App two = EnrollAnother(user, v1::METHOD_TYPE_TOTP, one.CodeAt(Now()));
  ASSERT_EQ(Reason(harness_.Call(SetEnabled(user, two.method_id(), false, one.CodeAt(Now())))), "ok");
  EXPECT_TRUE(required());
  Rest();
  ASSERT_EQ(Reason(harness_.Call(Delete(user, two.method_id(), one.CodeAt(Now())))), "ok");
  EXPECT_TRUE(required());
  auto no_codes = user.About<v1::DeleteBackupCodesRequest>();
  Rest();
  no_codes.set_proof_code(one.CodeAt(Now()));
  ASSERT_EQ(Reason(harness_.Call(no_codes)), "ok");
  EXPECT_TRUE(required());
  harness_.Restart();
  EXPECT_TRUE(required());
  Rest();
  ASSERT_EQ(Reason(harness_.Call(Delete(user, one.method_id(), one.CodeAt(Now())))), "ok");
  EXPECT_FALSE(required());
}

class Outage : public ThreatTest {
 protected:
  Outage() : ThreatTest(PolicyUnderTest(), Around(storage_)) {}
  static inline FaultyStorage* storage_ = nullptr;
};
INSTANTIATE_TEST_SUITE_P(, Outage, EverySetting(), SettingName);

TEST_P(Outage, T35_AStorageErrorIsAnErrorNeverNoSecondFactor) {
  User user(harness_, "ann");
  user.Enroll();
  storage_->Script(StorageCall::kGet, StorageFault::kUnavailable);
  EXPECT_EQ(Reason(user.List()), "STORAGE_UNAVAILABLE");
  // The marker, by which "no such user" is believed.
  storage_->Script(StorageCall::kGet, StorageFault::kNone);
  storage_->Script(StorageCall::kGet, StorageFault::kUnavailable);
  EXPECT_EQ(Reason(User(harness_, "nobody").List()), "STORAGE_UNAVAILABLE");
  EXPECT_TRUE(user.List()->second_factor_required());
}

TEST_P(Outage, T35_L6_ARecordThatCannotBeReadIsAnErrorToo) {
  User user(harness_, "ann");
  user.Enroll();
  const auto store = [&](std::string bytes) {
    const Version version = Stored(harness_.storage(), "ann")->version;
    return SyncWait(harness_.storage().Put(SubjectKey("", "ann"), std::move(bytes), version, version + 1))
        .ok();
  };
  const std::string good = Stored(harness_.storage(), "ann")->bytes;
  ASSERT_TRUE(store("\xff\xff\xff"));
  EXPECT_EQ(Reason(user.List()), "RECORD_CORRUPT");
  EXPECT_EQ(Reason(user.Verify("123456")), "RECORD_CORRUPT");
  ASSERT_TRUE(store(""));
  EXPECT_EQ(Reason(user.List()), "RECORD_CORRUPT");
  SubjectRecord newer;
  ASSERT_TRUE(newer.ParseFromString(good));
  newer.set_schema(newer.schema() + 1);
  ASSERT_TRUE(store(newer.SerializeAsString()));
  EXPECT_EQ(Reason(user.List()), "SERVER_UNFIT");
  EXPECT_EQ(Reason(user.Verify("123456")), "SERVER_UNFIT");
  EXPECT_EQ(Stored(harness_.storage(), "ann")->bytes, newer.SerializeAsString());
  ASSERT_TRUE(store(good));
  EXPECT_TRUE(user.List()->second_factor_required());
}

}  // namespace
}  // namespace twofold
