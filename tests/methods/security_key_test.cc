// Security keys, used through the whole engine by a key in software.

#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/harness/odd_credentials.h"
#include "tests/harness/software_key.h"
#include "tests/harness/user.h"
#include "tests/threats/threat_test.h"

namespace twofold {
namespace {

constexpr char kOrigin[] = "https://example.org";
constexpr int64_t kMinute = 60 * kMillisPerSecond;

SoftwareKey::Settings KeyOf(CoseAlgorithm algorithm = CoseAlgorithm::kEs256,
                            AttestationFormat format = AttestationFormat::kNone) {
  SoftwareKey::Settings settings;
  settings.origin = kOrigin;
  settings.algorithm = algorithm;
  settings.format = format;
  return settings;
}

class SecurityKeys : public testing::TestWithParam<const char*> {
 protected:
  explicit SecurityKeys(MethodSettings settings = TestMethodSettings())
      : harness_(GetParam(), OpenLimits(), nullptr, BuiltinAuthenticators(std::move(settings))) {}

  absl::StatusOr<v1::EnrollResponse> StartEnrollment(const std::string& proof = "") {
    auto request = ann_.About<v1::EnrollRequest>();
    request.set_type(v1::METHOD_TYPE_SECURITY_KEY);
    request.set_description("blue key");
    if (!proof.empty()) request.set_proof_code(proof);
    return harness_.Call(request);
  }

  absl::StatusOr<v1::ConfirmEnrollmentResponse> Confirm(const std::string& id,
                                                        const std::string& credential) {
    auto request = ann_.About<v1::ConfirmEnrollmentRequest>();
    request.set_method_id(id);
    request.set_webauthn_credential_json(credential);
    return harness_.Call(request);
  }

  // Registers `key` as a method, and returns its id.
  std::string Enroll(SoftwareKey& key, const std::string& proof = "") {
    const auto enrolled = StartEnrollment(proof);
    EXPECT_EQ(Reason(enrolled), "ok");
    if (!enrolled.ok()) return "";
    const auto credential = key.Create(enrolled->webauthn_creation_options_json());
    EXPECT_TRUE(credential.ok()) << credential.status();
    const auto confirmed = Confirm(enrolled->method().method_id(), credential.value_or(""));
    EXPECT_EQ(Reason(confirmed), "ok");
    if (confirmed.ok() && confirmed->backup_codes_size() > 0) {
      backup_codes_.assign(confirmed->backup_codes().begin(), confirmed->backup_codes().end());
    }
    return enrolled->method().method_id();
  }

  v1::StartChallengeResponse Challenge(bool for_change = false) {
    auto request = ann_.About<v1::StartChallengeRequest>();
    request.set_for_change(for_change);
    const auto started = harness_.Call(request);
    EXPECT_EQ(Reason(started), "ok");
    // The next challenge is of another millisecond.
    harness_.clock().Advance(1);
    return started.value_or(v1::StartChallengeResponse());
  }

  v1::VerifyRequest Login(SoftwareKey& key, const KeyKnobs& knobs = {}) {
    const v1::StartChallengeResponse challenge = Challenge();
    const auto credential = key.Get(challenge.webauthn_request_options_json(), knobs);
    EXPECT_TRUE(credential.ok()) << credential.status();
    auto request = ann_.About<v1::VerifyRequest>();
    request.set_challenge_id(challenge.challenge_id());
    request.set_webauthn_credential_json(credential.value_or(""));
    return request;
  }

  std::string Verify(SoftwareKey& key, const KeyKnobs& knobs = {}) {
    return Reason(harness_.Call(Login(key, knobs)));
  }

  // What a call must answer to it.
  std::string ReasonFor(const OddCredential& odd) const {
    if (odd.noticed == Noticed::kByJson) return "INVALID_REQUEST";
    const bool accepted = odd.noticed == Noticed::kNever ||
                          (odd.noticed == Noticed::kByUserVerification && !requires_verification_);
    return accepted ? "ok" : "CODE_REJECTED";
  }

  std::string Record() { return RecordOf(harness_.storage(), "ann").SerializeAsString(); }

  EngineHarness harness_;
  User ann_{harness_, "ann"};
  std::vector<std::string> backup_codes_;
  bool requires_verification_ = false;
};

TEST_P(SecurityKeys, LogInWithEveryAlgorithmAndFormat) {
  for (const CoseAlgorithm algorithm : kOfferedAlgorithms) {
    for (const AttestationFormat format :
         {AttestationFormat::kNone, AttestationFormat::kPackedSelf, AttestationFormat::kFidoU2f}) {
      // FIDO U2F knows ES256 alone.
      if (format == AttestationFormat::kFidoU2f && algorithm != CoseAlgorithm::kEs256) continue;
      harness_.Call(ann_.About<v1::ResetSubjectRequest>()).IgnoreError();
      SoftwareKey key(KeyOf(algorithm, format));
      const std::string id = Enroll(key);
      EXPECT_EQ(backup_codes_.size(), 10U) << "it is a first method like any other";
      const auto verified = harness_.Call(Login(key));
      ASSERT_EQ(Reason(verified), "ok");
      EXPECT_EQ(verified->method().method_id(), id);
      EXPECT_EQ(verified->user_verified(), format != AttestationFormat::kFidoU2f);
      EXPECT_FALSE(verified->backed_up());
      EXPECT_FALSE(verified->method().restricted());
      EXPECT_EQ(Verify(key), "ok") << "another challenge";
    }
  }
}

TEST_P(SecurityKeys, AreListedWithNameAndLastUse) {
  SoftwareKey key(KeyOf());
  const std::string id = Enroll(key);
  harness_.clock().Advance(kMinute);
  ASSERT_EQ(Verify(key), "ok");
  const auto listed = ann_.List();
  ASSERT_EQ(listed->methods_size(), 2);
  const v1::Method& method = listed->methods(0);
  EXPECT_EQ(method.type(), v1::METHOD_TYPE_SECURITY_KEY);
  EXPECT_EQ(method.description(), "blue key");
  EXPECT_EQ(method.security_key().rp_id(), "example.org");
  EXPECT_GT(method.last_used_time().seconds(), method.confirm_time().seconds());
}

TEST_P(SecurityKeys, ThatAreSyncedLogInWithACounterOfZero) {
  SoftwareKey::Settings settings = KeyOf();
  settings.synced = true;
  SoftwareKey key(settings);
  Enroll(key);
  for (int i = 0; i < 3; ++i) {
    const auto verified = harness_.Call(Login(key));
    ASSERT_EQ(Reason(verified), "ok");
    EXPECT_TRUE(verified->backed_up());
    EXPECT_TRUE(verified->method().security_key().backup_eligible());
  }
}

TEST_P(SecurityKeys, AnswerAChallengeOnce) {
  SoftwareKey key(KeyOf());
  Enroll(key);
  const v1::VerifyRequest first = Login(key);
  const v1::VerifyRequest second = Login(key);
  EXPECT_EQ(Reason(harness_.Call(second)), "ok");
  EXPECT_EQ(Reason(harness_.Call(second)), "CODE_REJECTED");
  EXPECT_EQ(Reason(harness_.Call(first)), "CODE_REJECTED") << "it was issued before the used one";
}

TEST_P(SecurityKeys, T46_OneChallengeIsAnsweredByOneOfTwoKeys) {
  SoftwareKey one(KeyOf());
  SoftwareKey other(KeyOf());
  Enroll(one);
  Enroll(other, backup_codes_[0]);
  const v1::StartChallengeResponse challenge = Challenge();
  auto request = ann_.About<v1::VerifyRequest>();
  request.set_challenge_id(challenge.challenge_id());
  request.set_webauthn_credential_json(*one.Get(challenge.webauthn_request_options_json()));
  EXPECT_EQ(Reason(harness_.Call(request)), "ok");
  request.set_webauthn_credential_json(*other.Get(challenge.webauthn_request_options_json()));
  EXPECT_EQ(Reason(harness_.Call(request)), "CODE_REJECTED");
  EXPECT_EQ(Verify(other), "ok");
}

TEST_P(SecurityKeys, AreExcludedFromASecondRegistration) {
  SoftwareKey key(KeyOf());
  Enroll(key);
  const auto enrolled = StartEnrollment(backup_codes_[0]);
  ASSERT_EQ(Reason(enrolled), "ok");
  EXPECT_TRUE(absl::IsAlreadyExists(key.Create(enrolled->webauthn_creation_options_json()).status()));
}

// A browser that ignores the list of excluded keys.
TEST_P(SecurityKeys, T4_OneKeyIsNotTwoMethods) {
  SoftwareKey key(KeyOf());
  std::string id;
  KeyKnobs same_id;
  same_id.credential_id = "0123456789abcdef";
  const auto first = StartEnrollment();
  ASSERT_EQ(Reason(Confirm(first->method().method_id(),
                           *key.Create(first->webauthn_creation_options_json(), same_id))),
            "ok");
  const auto codes = harness_.Call([&] {
    auto rotate = ann_.About<v1::RotateBackupCodesRequest>();
    const auto challenge = Challenge(/*for_change=*/true);
    rotate.set_challenge_id(challenge.challenge_id());
    rotate.set_webauthn_credential_json(*key.Get(challenge.webauthn_request_options_json()));
    return rotate;
  }());
  ASSERT_EQ(Reason(codes), "ok");
  SoftwareKey twin(KeyOf());
  const auto second = StartEnrollment(codes->backup_codes(0));
  EXPECT_EQ(Reason(Confirm(second->method().method_id(),
                           *twin.Create(second->webauthn_creation_options_json(), same_id))),
            "DUPLICATE_SECRET");
  EXPECT_EQ(ann_.List()->methods_size(), 3) << "the second one stays pending";
}

TEST_P(SecurityKeys, AreProofOfEveryChange) {
  SoftwareKey key(KeyOf());
  const std::string id = Enroll(key);
  const auto prove = [&](auto& request) {
    const v1::StartChallengeResponse challenge = Challenge(/*for_change=*/true);
    request.set_challenge_id(challenge.challenge_id());
    request.set_webauthn_credential_json(*key.Get(challenge.webauthn_request_options_json()));
    return Reason(harness_.Call(request));
  };
  auto enroll = ann_.About<v1::EnrollRequest>();
  EXPECT_EQ(prove(enroll), "ok");
  auto rotate = ann_.About<v1::RotateBackupCodesRequest>();
  EXPECT_EQ(prove(rotate), "ok");
  auto disable = ann_.About<v1::DeleteBackupCodesRequest>();
  EXPECT_EQ(prove(disable), "ok");
  auto remove = ann_.About<v1::DeleteMethodRequest>();
  remove.set_method_id(id);
  EXPECT_EQ(prove(remove), "ok");
  EXPECT_FALSE(ann_.List()->second_factor_required());
}

TEST_P(SecurityKeys, OfALoginProveNoChangeAndTheReverse) {
  SoftwareKey key(KeyOf());
  Enroll(key);
  const v1::VerifyRequest login = Login(key);
  auto rotate = ann_.About<v1::RotateBackupCodesRequest>();
  rotate.set_challenge_id(login.challenge_id());
  rotate.set_webauthn_credential_json(login.webauthn_credential_json());
  EXPECT_EQ(Reason(harness_.Call(rotate)), "CODE_REJECTED");
  const v1::StartChallengeResponse change = Challenge(/*for_change=*/true);
  auto verify = ann_.About<v1::VerifyRequest>();
  verify.set_challenge_id(change.challenge_id());
  verify.set_webauthn_credential_json(*key.Get(change.webauthn_request_options_json()));
  EXPECT_EQ(Reason(harness_.Call(verify)), "CODE_REJECTED");
  EXPECT_EQ(Reason(harness_.Call(login)), "ok");
}

TEST_P(SecurityKeys, ChallengesLastFiveMinutes) {
  SoftwareKey key(KeyOf());
  Enroll(key);
  const v1::VerifyRequest late = Login(key);
  harness_.clock().Advance(5 * kMinute - 1);
  EXPECT_EQ(Reason(harness_.Call(late)), "CODE_REJECTED");
  const v1::VerifyRequest in_time = Login(key);
  harness_.clock().Advance(5 * kMinute - 2);
  EXPECT_EQ(Reason(harness_.Call(in_time)), "ok");
}

TEST_P(SecurityKeys, T15_LogInUnderEveryLockAndEndIt) {
  SoftwareKey key(KeyOf());
  Enroll(key);
  Limits limits = OpenLimits();
  limits.permanent_lock_after = 3;
  limits.lock_after = 3;
  harness_.Restart(limits);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Reason(ann_.Verify("123456")), "CODE_REJECTED");
  EXPECT_TRUE(ann_.List()->permanently_locked());
  EXPECT_EQ(Verify(key), "ok");
  EXPECT_FALSE(ann_.List()->permanently_locked());
}

TEST_P(SecurityKeys, T14_AWrongAnswerCostsNothingButAnAttempt) {
  SoftwareKey key(KeyOf());
  const std::string id = Enroll(key);
  KeyKnobs wrong;
  wrong.signature = [](std::string& signature) { signature.back() ^= 1; };
  const v1::StartChallengeResponse change = Challenge(/*for_change=*/true);
  const std::string credential = *key.Get(change.webauthn_request_options_json(), wrong);
  const std::string before = Record();
  std::vector<std::string> reasons;
  const auto present = [&](auto request) {
    request.set_challenge_id(change.challenge_id());
    request.set_webauthn_credential_json(credential);
    reasons.push_back(Reason(harness_.Call(request)));
  };
  present(ann_.About<v1::EnrollRequest>());
  present(ann_.About<v1::RotateBackupCodesRequest>());
  present(ann_.About<v1::DeleteBackupCodesRequest>());
  auto remove = ann_.About<v1::DeleteMethodRequest>();
  remove.set_method_id(id);
  present(remove);
  EXPECT_EQ(Verify(key, wrong), "CODE_REJECTED");
  for (const std::string& reason : reasons) EXPECT_EQ(reason, "CODE_REJECTED");
  EXPECT_EQ(Record(), before);
  Limits limits = OpenLimits();
  limits.key_limit.attempts = 3;
  harness_.Restart(limits);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Verify(key, wrong), "CODE_REJECTED");
  EXPECT_EQ(Verify(key, wrong), "RATE_LIMITED");
}

TEST_P(SecurityKeys, T46_ACloneIsFoundByItsCounter) {
  SoftwareKey key(KeyOf());
  Enroll(key);
  SoftwareKey clone = key;
  EXPECT_EQ(Verify(key), "ok");
  EXPECT_EQ(Verify(key), "ok");
  CallFacts facts;
  EXPECT_EQ(Reason(harness_.Call(facts, Login(clone))), "CODE_REJECTED");
  EXPECT_EQ(facts.cause, Cause::kCloneSuspected);
  KeyKnobs zero;
  zero.sign_count = 0;
  EXPECT_EQ(Verify(key, zero), "CODE_REJECTED");
  EXPECT_EQ(Verify(key), "ok") << "the real key goes on";
}

TEST_P(SecurityKeys, T39_APlantedKeyDoesNotOpen) {
  SoftwareKey key(KeyOf());
  Enroll(key);
  const v1::VerifyRequest login = Login(key);
  SoftwareKey planted(KeyOf());
  std::swap(key, planted);
  harness_.Call(ann_.About<v1::ResetSubjectRequest>()).IgnoreError();
  Enroll(key);
  const internal::v1::SubjectRecord of_the_attacker = RecordOf(harness_.storage(), "ann");
  harness_.Call(ann_.About<v1::ResetSubjectRequest>()).IgnoreError();
  Enroll(planted);
  Tamper(harness_.storage(), "ann", [&](internal::v1::SubjectRecord& record) {
    record.mutable_methods(0)->set_sealed(of_the_attacker.methods(0).sealed());
  });
  EXPECT_EQ(Reason(harness_.Call(ann_.About<v1::StartChallengeRequest>())), "RECORD_CORRUPT");
}

TEST_P(SecurityKeys, T46_EveryWrongRegistrationIsRefused) {
  for (const OddCredential& odd : OddRegistrations()) {
    harness_.Call(ann_.About<v1::ResetSubjectRequest>()).IgnoreError();
    SoftwareKey key(KeyOf());
    const auto enrolled = StartEnrollment();
    const auto credential = key.Create(enrolled->webauthn_creation_options_json(), odd.knobs);
    ASSERT_TRUE(credential.ok()) << odd.name;
    EXPECT_EQ(Reason(Confirm(enrolled->method().method_id(), *credential)), ReasonFor(odd)) << odd.name;
  }
}

TEST_P(SecurityKeys, T46_EveryWrongAnswerIsRefused) {
  for (const OddCredential& odd : OddAssertions()) {
    harness_.Call(ann_.About<v1::ResetSubjectRequest>()).IgnoreError();
    SoftwareKey key(KeyOf());
    Enroll(key);
    for (int i = 0; i < 2; ++i) ASSERT_EQ(Verify(key), "ok");
    const std::string before = Record();
    const std::string reason = Verify(key, odd.knobs);
    EXPECT_EQ(reason, ReasonFor(odd)) << odd.name;
    EXPECT_EQ(Record() == before, reason != "ok") << odd.name;
  }
}

TEST_P(SecurityKeys, AreBoundToUserTenantAndCaller) {
  SoftwareKey key(KeyOf());
  Enroll(key);
  v1::VerifyRequest login = Login(key);
  CallFacts facts;
  facts.caller = "another caller";
  EXPECT_EQ(Reason(harness_.Call(facts, login)), "CODE_REJECTED");
  login.set_user_id("bob");
  EXPECT_EQ(Reason(harness_.Call(login)), "CODE_REJECTED");
  login.set_user_id("ann");
  login.set_tenant("acme");
  EXPECT_EQ(Reason(harness_.Call(login)), "CODE_REJECTED");
  login.set_tenant("");
  EXPECT_EQ(Reason(harness_.Call(login)), "ok");
}

TEST_P(SecurityKeys, NeedAChallengeThatTheyCanAnswer) {
  EXPECT_EQ(Reason(harness_.Call(ann_.About<v1::StartChallengeRequest>())), "METHOD_NOT_FOUND");
  const App app = ann_.Enroll();
  EXPECT_EQ(Reason(harness_.Call(ann_.About<v1::StartChallengeRequest>())), "METHOD_NOT_FOUND");
  SoftwareKey key(KeyOf());
  const std::string id = Enroll(key, app.CodeAt(harness_.clock().Now()));
  v1::VerifyRequest login = Login(key);
  const std::string challenge = login.challenge_id();
  login.clear_challenge_id();
  EXPECT_EQ(Reason(harness_.Call(login)), "INVALID_REQUEST");
  for (const std::string& other : std::vector<std::string>{"AAAA", "no base64!", challenge.substr(1)}) {
    login.set_challenge_id(other);
    EXPECT_EQ(Reason(harness_.Call(login)), "CODE_REJECTED") << other;
  }
  auto start = ann_.About<v1::StartChallengeRequest>();
  start.set_method_id(app.method_id());
  EXPECT_EQ(Reason(harness_.Call(start)), "METHOD_NOT_FOUND");
  start.set_method_id(id);
  start.add_allowed_types(v1::METHOD_TYPE_SMS);
  EXPECT_EQ(Reason(harness_.Call(start)), "METHOD_NOT_FOUND");
}

TEST_P(SecurityKeys, OfOtherTypesAreConfirmedInTheirOwnWay) {
  const auto enrolled = StartEnrollment();
  auto confirm = ann_.About<v1::ConfirmEnrollmentRequest>();
  confirm.set_method_id(enrolled->method().method_id());
  confirm.set_code("123456");
  EXPECT_EQ(Reason(harness_.Call(confirm)), "INVALID_REQUEST");
  auto with_digits = ann_.About<v1::EnrollRequest>();
  with_digits.set_type(v1::METHOD_TYPE_SECURITY_KEY);
  with_digits.set_digits(6);
  EXPECT_EQ(Reason(harness_.Call(with_digits)), "INVALID_REQUEST");
}

INSTANTIATE_TEST_SUITE_P(Storages, SecurityKeys, testing::Values("memory:", "sqlite:"),
                         [](const testing::TestParamInfo<const char*>& storage) {
                           return std::string(storage.param).substr(0, 6);
                         });

// A server that wants a PIN or a fingerprint each time.
class StrictSecurityKeys : public SecurityKeys {
 protected:
  StrictSecurityKeys() : SecurityKeys(Settings()) { requires_verification_ = true; }

  static MethodSettings Settings() {
    MethodSettings settings = TestMethodSettings();
    settings.relying_party.user_verification = UserVerification::kRequired;
    return settings;
  }
};

TEST_P(StrictSecurityKeys, T46_AnUnverifiedUserIsRefused) {
  SoftwareKey key(KeyOf());
  Enroll(key);
  for (int i = 0; i < 2; ++i) ASSERT_EQ(Verify(key), "ok");
  KeyKnobs unverified;
  unverified.user_verified = false;
  EXPECT_EQ(Verify(key, unverified), "CODE_REJECTED");
  SoftwareKey other(KeyOf());
  const auto enrolled = StartEnrollment(backup_codes_[0]);
  EXPECT_EQ(Reason(Confirm(enrolled->method().method_id(),
                           *other.Create(enrolled->webauthn_creation_options_json(), unverified))),
            "CODE_REJECTED");
}

INSTANTIATE_TEST_SUITE_P(Storages, StrictSecurityKeys, testing::Values("memory:"),
                         [](const testing::TestParamInfo<const char*>&) { return std::string("memory"); });

// A server that does not know for whom keys would be registered.
class NoSecurityKeys : public SecurityKeys {
 protected:
  NoSecurityKeys() : SecurityKeys(MethodSettings{.issuer = "Twofold"}) {}
};

TEST_P(NoSecurityKeys, CanBeEnrolled) { EXPECT_EQ(Reason(StartEnrollment()), "INVALID_REQUEST"); }

INSTANTIATE_TEST_SUITE_P(Storages, NoSecurityKeys, testing::Values("memory:"),
                         [](const testing::TestParamInfo<const char*>&) { return std::string("memory"); });

}  // namespace
}  // namespace twofold
