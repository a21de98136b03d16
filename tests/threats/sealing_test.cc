// Sealed secrets out of their place, damaged, or without their key.

#include "crypto/system_random.h"
#include "tests/threats/threat_test.h"

namespace twofold {
namespace {

std::string NewKey() { return RandomBytes(SystemRandom(), KeyRing::kKeySize); }

std::unique_ptr<KeyRing> RingOf(uint32_t primary, const std::vector<std::pair<uint32_t, std::string>>& keys) {
  std::vector<RingKey> ring;
  for (const auto& [id, bytes] : keys) ring.emplace_back(id, SecretBytes::FromString(bytes));
  absl::StatusOr<std::unique_ptr<KeyRing>> made = KeyRing::Create(primary, std::move(ring));
  EXPECT_TRUE(made.ok());
  return *std::move(made);
}

uint32_t KeyIdOf(const std::string& sealed) {
  uint32_t id = 0;
  for (size_t i = 1; i < 5; ++i) id = id << 8 | static_cast<unsigned char>(sealed.at(i));
  return id;
}

// A server whose ring changes hands: what is sealed first is under key 7.
class Sealing : public ThreatTest {
 protected:
  Sealing() { harness_.ReplaceRing(RingOf(7, {{7, first_}})); }

  const std::string first_ = NewKey();
  const std::string second_ = NewKey();
};
INSTANTIATE_TEST_SUITE_P(, Sealing, EverySetting(), SettingName);

TEST_P(Sealing, T39_TwoUsersSecretsSwappedAreAnErrorNeverALogin) {
  User ann(harness_, "ann");
  User bob(harness_, "bob");
  const App anns = ann.Enroll();
  const App bobs = bob.Enroll();
  const SubjectRecord of_ann = Record(ann);
  const SubjectRecord of_bob = Record(bob);
  const auto swap = [](const SubjectRecord& other) {
    return [other](SubjectRecord& record) {
      DeviceAt(record, 0).set_sealed(DeviceAt(other, 0).sealed());
      FindMethod(record, "backup")->set_sealed(FindMethod(other, "backup")->sealed());
    };
  };
  Tamper(harness_.storage(), "ann", swap(of_bob));
  Tamper(harness_.storage(), "bob", swap(of_ann));
  for (const App* app : {&anns, &bobs}) {
    EXPECT_EQ(Reason(ann.Verify(app->CodeAt(Now()))), "RECORD_CORRUPT");
    EXPECT_EQ(Reason(harness_.Call(ResyncOf(ann, anns, app->CodeAt(Now(), -1), app->CodeAt(Now())))),
              "RECORD_CORRUPT");
  }
  for (const User* user : {&ann, &bob})
    EXPECT_EQ(Reason(ann.Verify(user->backup_codes()[0])), "RECORD_CORRUPT");
  EXPECT_EQ(Failures(ann), 0) << "nothing was judged";
}

// The method id goes along, so that only the subject is another.
TEST_P(Sealing, T39_NorDoesAWholeDeviceLogInForAnotherUserOrTenant) {
  User bob(harness_, "bob");
  const App bobs = bob.Enroll();
  const SubjectRecord of_bob = Record(bob);
  for (const char* tenant : {"", "other"}) {
    User victim(harness_, *tenant == 0 ? "ann" : "bob", tenant);
    victim.Enroll();
    const std::string key = SubjectKey(tenant, victim.user_id());
    const Version version = Stored(harness_.storage(), victim.user_id(), tenant)->version;
    std::string bytes = of_bob.SerializeAsString();
    ASSERT_TRUE(SyncWait(harness_.storage().Put(key, std::move(bytes), version, version + 1)).ok());
    EXPECT_EQ(Reason(victim.Verify(bobs.CodeAt(Now()))), "RECORD_CORRUPT");
    EXPECT_EQ(Reason(victim.Verify(bob.backup_codes()[0])), "RECORD_CORRUPT");
  }
}

TEST_P(Sealing, T39_NorDoesASecretOpenWithAnotherDevicesIdOrOtherParameters) {
  using Change = std::function<void(internal::v1::Method&)>;
  const std::pair<const char*, Change> changes[] = {
      {"id", [](auto& device) { device.set_method_id("another"); }},
      {"kind", [](auto& device) { device.set_type(v1::METHOD_TYPE_HOTP); }},
      {"algorithm", [](auto& device) { device.mutable_otp()->set_algorithm(v1::ALGORITHM_SHA256); }},
      {"digits", [](auto& device) { device.mutable_otp()->set_digits(8); }},
      {"period", [](auto& device) { device.mutable_otp()->set_period_seconds(60); }},
      {"key id", [](auto& device) { (*device.mutable_sealed())[4] = 8; }},
      {"tag", [](auto& device) { device.mutable_sealed()->back() ^= 1; }},
      {"nothing left", [](auto& device) { device.clear_sealed(); }},
      {"unknown kind", [](auto& device) { device.set_type(static_cast<v1::MethodType>(9)); }},
  };
  for (const auto& [what, change] : changes) {
    User user(harness_, what);
    const App app = user.Enroll();
    Tamper(harness_.storage(), what,
           [&change = change](SubjectRecord& record) { change(DeviceAt(record, 0)); });
    const bool key_is_missing = std::string(what) == "key id";
    EXPECT_EQ(Reason(user.Verify(app.CodeAt(Now()))), key_is_missing ? "KEY_UNAVAILABLE" : "RECORD_CORRUPT")
        << what;
    EXPECT_EQ(Reason(user.Verify("12345678")), key_is_missing ? "KEY_UNAVAILABLE" : "RECORD_CORRUPT") << what;
  }
}

TEST_P(Sealing, T39_AMissingKeyIsNotAWrongCode) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  const std::string before = Record(user).SerializeAsString();
  harness_.ReplaceRing(RingOf(8, {{8, second_}}));
  for (const std::string& code : {app.CodeAt(Now()), app.WrongCode(Now()), user.backup_codes()[0]}) {
    const auto answer = user.Verify(code);
    EXPECT_EQ(answer.status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(Reason(answer), "KEY_UNAVAILABLE");
  }
  auto rotate = user.About<v1::RotateBackupCodesRequest>();
  rotate.set_proof_code(app.CodeAt(Now()));
  EXPECT_EQ(Reason(harness_.Call(rotate)), "KEY_UNAVAILABLE");
  EXPECT_TRUE(user.List()->second_factor_required());
  EXPECT_EQ(Record(user).SerializeAsString(), before) << "nothing was judged, nothing is charged";
  harness_.ReplaceRing(RingOf(8, {{7, first_}, {8, second_}}));
  EXPECT_EQ(Reason(user.Verify(app.CodeAt(Now()))), "ok");
}

TEST_P(Sealing, T39_AnotherKeyUnderTheSameIdIsDamage) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  harness_.ReplaceRing(RingOf(7, {{7, second_}}));
  const auto answer = user.Verify(app.CodeAt(Now()));
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(Reason(answer), "RECORD_CORRUPT");
}

class OneKeyMissing : public Sealing {
 protected:
  // Leaves a device under the lost key 7 and one under key 8.
  void SetUp() override {
    lost_ = user_.Enroll();
    harness_.ReplaceRing(RingOf(8, {{7, first_}, {8, second_}}));
    kept_ = EnrollAnother(user_, v1::METHOD_TYPE_TOTP, lost_.CodeAt(Now()));
    // The proof's success sealed the first one anew: put it back as it was.
    Tamper(harness_.storage(), "ann", [&](SubjectRecord& record) {
      ASSERT_EQ(KeyIdOf(DeviceAt(record, 0).sealed()), 8U);
      (*DeviceAt(record, 0).mutable_sealed())[4] = 7;
    });
    harness_.ReplaceRing(RingOf(8, {{8, second_}}));
    Rest();
  }

  User user_{harness_, "ann"};
  App lost_;
  App kept_;
};
INSTANTIATE_TEST_SUITE_P(, OneKeyMissing, EverySetting(), SettingName);

TEST_P(OneKeyMissing, T39b_TheOtherMethodLogsIn) {
  EXPECT_EQ(Reason(user_.Verify(kept_.CodeAt(Now()))), "ok");
}

TEST_P(OneKeyMissing, T39b_GuessingTheOtherMethodIsChargedAllTheSame) {
  const int64_t unit = kMillisPerDay / DefaultLimits().long_term_refill_per_day;
  for (int i = 1; i <= 3; ++i) {
    EXPECT_EQ(Reason(user_.Verify(kept_.WrongCode(Now()))), "KEY_UNAVAILABLE");
    EXPECT_EQ(Failures(user_), i);
    EXPECT_EQ(SlowFullTime(user_), Now() + i * unit);
  }
  EXPECT_EQ(Reason(user_.Verify(kept_.WrongCode(Now()), kept_.method_id())), "CODE_REJECTED");
  EXPECT_EQ(Failures(user_), 4);
  EXPECT_EQ(Reason(user_.Verify(kept_.WrongCode(Now()), lost_.method_id())), "KEY_UNAVAILABLE");
  EXPECT_EQ(Failures(user_), 4) << "nothing was judged";
}

TEST_P(OneKeyMissing, T39b_AndLocks) {
  Limits limits = OpenLimits();
  limits.lock_after = 5;
  harness_.Restart(limits);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Reason(user_.Verify(kept_.WrongCode(Now()))), "KEY_UNAVAILABLE");
  EXPECT_EQ(Reason(user_.Verify(kept_.CodeAt(Now()))), "LOCKED");
}

TEST_P(OneKeyMissing, T39b_RepeatingTheGuessUnderItsRequestIdIsNotChargedAgain) {
  auto guess = VerifyOf(user_, kept_.WrongCode(Now()));
  guess.set_request_id(NewRequestId());
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Reason(harness_.Call(guess)), "KEY_UNAVAILABLE");
    EXPECT_EQ(Failures(user_), 1);
  }
}

TEST_P(Sealing, T39_ASuccessSealsAnewWhatAnOldKeySealedAndNothingElse) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  harness_.ReplaceRing(RingOf(8, {{7, first_}, {8, second_}}));
  EXPECT_TRUE(Refused(user.Verify(app.WrongCode(Now()))));
  EXPECT_EQ(KeyIdOf(DeviceAt(Record(user), 0).sealed()), 7U) << "a failure seals nothing";
  ASSERT_EQ(Reason(user.Verify(app.CodeAt(Now()))), "ok");
  const std::string sealed = DeviceAt(Record(user), 0).sealed();
  EXPECT_EQ(KeyIdOf(sealed), 8U);
  EXPECT_EQ(KeyIdOf(BackupCodesOf(Record(user)).sealed()), 7U)
      << "a device's success leaves the backup codes";
  ASSERT_EQ(Reason(user.Verify(user.backup_codes()[0])), "ok");
  EXPECT_EQ(KeyIdOf(BackupCodesOf(Record(user)).sealed()), 8U);
  AdvanceSeconds(60);
  ASSERT_EQ(Reason(user.Verify(app.CodeAt(Now()))), "ok");
  EXPECT_EQ(DeviceAt(Record(user), 0).sealed(), sealed) << "what the primary sealed stays";
  // The old key is not needed any more, and what was spent stays spent.
  harness_.ReplaceRing(RingOf(8, {{8, second_}}));
  EXPECT_TRUE(Refused(user.Verify(user.backup_codes()[0])));
  EXPECT_EQ(Reason(user.Verify(user.backup_codes()[1])), "ok");
  AdvanceSeconds(60);
  EXPECT_EQ(Reason(user.Verify(app.CodeAt(Now()))), "ok");
}

TEST_P(Sealing, T39_ACallUnderWayKeepsTheKeyRingThatItBeganWith) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  const v1::VerifyRequest request = VerifyOf(user, app.CodeAt(Now()));
  v1::VerifyResponse response;
  const CallerRights rights;
  absl::StatusOr<Operation> operation = PlanVerify(harness_.engine().NewPlan("", rights), request, response);
  ASSERT_TRUE(operation.ok());
  harness_.ReplaceRing(RingOf(8, {{8, second_}}));
  CallFacts facts;
  auto flow = harness_.engine().Run(facts, *std::move(operation));
  EXPECT_EQ(SyncWait(std::move(flow)), absl::OkStatus());
  EXPECT_EQ(Reason(user.Verify(app.CodeAt(Now(), 1))), "KEY_UNAVAILABLE") << "the next call uses the new one";
}

TEST_P(Sealing, T39_ARepeatedCallGetsItsAnswerAgainAfterAPromotion) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  auto rotate = user.About<v1::RotateBackupCodesRequest>();
  rotate.set_proof_code(app.CodeAt(Now()));
  rotate.set_request_id(NewRequestId());
  const auto first = harness_.Call(rotate);
  ASSERT_TRUE(first.ok());
  harness_.ReplaceRing(RingOf(8, {{7, first_}, {8, second_}}));
  const auto again = harness_.Call(rotate);
  ASSERT_EQ(Reason(again), "ok");
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
  // Without the key, the call is a new one, and its code is used.
  harness_.ReplaceRing(RingOf(8, {{8, second_}}));
  EXPECT_EQ(Reason(harness_.Call(rotate)), "KEY_UNAVAILABLE");
}

TEST_P(Sealing, T39_UnknownUsersAreRefusedAlikeUnderEveryKeyRing) {
  User known(harness_, "ann");
  const App app = known.Enroll();
  User unknown(harness_, "nobody");
  EXPECT_EQ(Reason(unknown.Verify(app.CodeAt(Now()))), "CODE_REJECTED");
  harness_.ReplaceRing(RingOf(8, {{8, second_}}));
  EXPECT_EQ(Reason(unknown.Verify(app.CodeAt(Now()))), "CODE_REJECTED");
  EXPECT_EQ(Reason(unknown.Verify(known.backup_codes()[0])), "CODE_REJECTED");
}

TEST_P(Sealing, T39_ResyncSealsAnewToo) {
  User user(harness_, "ann");
  const App app = user.Enroll();
  harness_.ReplaceRing(RingOf(8, {{7, first_}, {8, second_}}));
  ASSERT_EQ(Reason(harness_.Call(ResyncOf(user, app, app.CodeAt(Now(), -1), app.CodeAt(Now())))), "ok");
  EXPECT_EQ(KeyIdOf(DeviceAt(Record(user), 0).sealed()), 8U);
}

}  // namespace
}  // namespace twofold
