// Prompts that ask for more than any second factor: certain types, a key that has checked its user, and a
// text that the user approves.

#include <string>

#include "gtest/gtest.h"
#include "tests/harness/software_key.h"
#include "tests/prompts/prompt_fixture.h"

namespace twofold {
namespace {

class StepUp : public Prompts {
 protected:
  void EnrollKey() {
    auto enroll = ann_.About<v1::EnrollRequest>();
    enroll.set_type(v1::METHOD_TYPE_SECURITY_KEY);
    enroll.set_proof_code(CodeNow());
    const auto enrolled = harness_.Call(enroll);
    ASSERT_EQ(Reason(enrolled), "ok");
    auto confirm = ann_.About<v1::ConfirmEnrollmentRequest>();
    confirm.set_method_id(enrolled->method().method_id());
    confirm.set_webauthn_credential_json(*key_.Create(enrolled->webauthn_creation_options_json()));
    ASSERT_EQ(Reason(harness_.Call(confirm)), "ok");
    harness_.clock().Advance(kMinute);
  }

  SoftwareKey key_{SoftwareKey::Settings()};
};

TEST_P(StepUp, T49_ARightCodeOfATypeThatIsNotAllowedIsRefusedAndNotUsed) {
  app_ = ann_.Enroll();
  EnrollKey();
  auto asked = Asked(v1::PROMPT_PURPOSE_SIGN_IN);
  asked.add_allowed_types(v1::METHOD_TYPE_SECURITY_KEY);
  Begin(asked);
  const std::string code = CodeNow();
  EXPECT_EQ(Reason(Act(VerifyAction(code))), "CODE_REJECTED");
  EXPECT_EQ(Reason(Act(VerifyAction(ann_.backup_codes()[0]))), "CODE_REJECTED");
  EXPECT_EQ(Reason(Redeem("")), "PROMPT_NOT_SATISFIED");
  EXPECT_EQ(Reason(Act(KeyAction(key_, false))), "ok");
  EXPECT_EQ(Reason(ann_.Verify(code)), "ok") << "the refused code was not used";
  EXPECT_EQ(Reason(ann_.Verify(ann_.backup_codes()[0])), "ok");
}

TEST_P(StepUp, T49_ThePageCannotWidenTheTypes) {
  app_ = ann_.Enroll();
  EnrollKey();
  auto asked = Asked(v1::PROMPT_PURPOSE_SIGN_IN);
  asked.add_allowed_types(v1::METHOD_TYPE_TOTP);
  Begin(asked);
  v1::ActOnPromptRequest challenge = Action();
  challenge.mutable_challenge();
  EXPECT_EQ(Reason(Act(challenge)), "METHOD_NOT_FOUND");
  challenge.mutable_challenge()->add_allowed_types(v1::METHOD_TYPE_SECURITY_KEY);
  EXPECT_EQ(Reason(Act(challenge)), "INVALID_REQUEST");
}

TEST_P(StepUp, T49_AUserEnrolsOnlyTypesThatThePromptAllows) {
  app_ = ann_.Enroll();
  auto asked = Asked(v1::PROMPT_PURPOSE_ENROLL);
  asked.add_allowed_types(v1::METHOD_TYPE_SECURITY_KEY);
  Begin(asked);
  ASSERT_EQ(view_.enrollable_types_size(), 1);
  EXPECT_EQ(view_.enrollable_types(0), v1::METHOD_TYPE_SECURITY_KEY);
  auto outside = ann_.About<v1::EnrollRequest>();
  outside.set_proof_code(CodeNow());
  const auto other = harness_.Call(outside);
  ASSERT_EQ(Reason(other), "ok");
  harness_.clock().Advance(kMinute);
  ASSERT_EQ(Reason(Act(VerifyAction(CodeNow()))), "ok") << "the proof may be of any type";
  v1::ActOnPromptRequest enroll = Action();
  for (const v1::MethodType type : {v1::METHOD_TYPE_TOTP, v1::METHOD_TYPE_UNSPECIFIED}) {
    enroll.mutable_enroll()->set_type(type);
    EXPECT_EQ(Reason(Act(enroll)), "INVALID_REQUEST");
  }
  enroll.mutable_enroll()->set_type(v1::METHOD_TYPE_SECURITY_KEY);
  EXPECT_EQ(Reason(Act(enroll)), "ok");
  const App app(other->method().method_id(), other->otpauth_uri());
  v1::ActOnPromptRequest confirm = Action();
  confirm.mutable_confirm()->set_method_id(app.method_id());
  confirm.mutable_confirm()->set_code(app.CodeAt(harness_.clock().Now()));
  EXPECT_EQ(Reason(Act(confirm)), "INVALID_REQUEST") << "it was begun outside this prompt";
}

TEST_P(StepUp, TheProofOfAChangeMayBeOfATypeThatIsNotEnrolled) {
  app_ = ann_.Enroll();
  EnrollKey();
  auto asked = Asked(v1::PROMPT_PURPOSE_ENROLL);
  asked.add_allowed_types(v1::METHOD_TYPE_TOTP);
  Begin(asked);
  EXPECT_EQ(Reason(Act(KeyAction(key_, false))), "ok");
}

TEST_P(StepUp, T49_AChangeCanNeedAKeyThatHasCheckedItsUser) {
  app_ = ann_.Enroll();
  EnrollKey();
  auto asked = Asked(v1::PROMPT_PURPOSE_MANAGE);
  asked.set_require_user_verified(true);
  Begin(asked);
  const std::string code = CodeNow();
  EXPECT_EQ(Reason(Act(VerifyAction(code))), "CODE_REJECTED");
  EXPECT_EQ(Reason(Act(VerifyAction(ann_.backup_codes()[0]))), "CODE_REJECTED");
  EXPECT_EQ(Reason(Act(KeyAction(key_, false))), "CODE_REJECTED");
  v1::ActOnPromptRequest rotate = Action();
  rotate.mutable_rotate_backup_codes();
  EXPECT_EQ(Reason(Act(rotate)), "PROOF_REQUIRED");
  EXPECT_EQ(Reason(Act(KeyAction(key_, true))), "ok");
  rotate.set_request_id(NewRequestId());
  EXPECT_EQ(Reason(ann_.Verify(code)), "ok") << "the refused code was not used";
  EXPECT_EQ(Reason(Act(rotate)), "ok");
}

TEST_P(StepUp, T49_AKeyThatHasNotCheckedItsUserDoesNotSignIn) {
  app_ = ann_.Enroll();
  EnrollKey();
  auto asked = Asked(v1::PROMPT_PURPOSE_SIGN_IN);
  asked.set_require_user_verified(true);
  Begin(asked);
  EXPECT_TRUE(view_.require_user_verified());
  EXPECT_EQ(Reason(Act(KeyAction(key_, false))), "CODE_REJECTED");
  const auto done = Act(KeyAction(key_, true));
  ASSERT_EQ(Reason(done), "ok");
  const auto redeemed = Redeem(Parameter(done->return_url(), "twofold_code"));
  ASSERT_EQ(Reason(redeemed), "ok");
  EXPECT_TRUE(redeemed->user_verified());
  EXPECT_EQ(redeemed->verify_time().seconds(), harness_.clock().Now() / kMillisPerSecond);
}

TEST_P(StepUp, TheUserIsShownTheTextThatTheServiceSealed) {
  app_ = ann_.Enroll();
  auto asked = Asked(v1::PROMPT_PURPOSE_SIGN_IN);
  asked.set_transaction_text("Transfer EUR 100 to Bob");
  const auto created = Create(asked);
  ASSERT_EQ(Reason(created), "ok");
  EXPECT_EQ(created->url().find("Transfer"), std::string::npos);
  Begin(asked);
  EXPECT_EQ(view_.transaction_text(), "Transfer EUR 100 to Bob");
  v1::GetPromptRequest get;
  get.set_session(session_);
  EXPECT_EQ(harness_.Call(get)->view().transaction_text(), "Transfer EUR 100 to Bob");
  get.mutable_session()->at(40) ^= 1;
  EXPECT_EQ(Reason(harness_.Call(get)), "PROMPT_NOT_FOUND");
  asked.set_transaction_text(std::string(501, 'a'));
  EXPECT_EQ(Reason(Create(asked)), "INVALID_REQUEST");
}

INSTANTIATE_TEST_SUITE_P(Storages, StepUp, testing::Values("memory:", "sqlite:"), &Prompts::NameOf);

}  // namespace
}  // namespace twofold
