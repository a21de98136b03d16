// Remembered devices through the page: the service offers, the user decides, and the service gets the token.

#include <string>

#include "gtest/gtest.h"
#include "tests/prompts/prompt_fixture.h"

namespace twofold {
namespace {

constexpr int kWeekSeconds = 7 * 24 * 3600;

class PromptGrants : public Prompts {
 protected:
  v1::CreatePromptRequest Offering() {
    auto asked = Asked(v1::PROMPT_PURPOSE_SIGN_IN);
    asked.mutable_remember()->set_max_age_seconds(kWeekSeconds);
    return asked;
  }

  v1::ActOnPromptRequest Remembering(const std::string& code) {
    v1::ActOnPromptRequest request = VerifyAction(code);
    request.mutable_verify()->set_remember(true);
    request.mutable_verify()->set_device_description("Firefox on Linux");
    return request;
  }

  // Signs in, and returns the code of the prompt.
  std::string Pass(const v1::ActOnPromptRequest& request) {
    const auto done = Act(request);
    EXPECT_EQ(Reason(done), "ok");
    harness_.clock().Advance(30 * kMillisPerSecond);
    return done.ok() ? Parameter(done->return_url(), "twofold_code") : "";
  }

  std::string TokenFrom(const absl::StatusOr<v1::RedeemPromptResponse>& redeemed) {
    EXPECT_EQ(Reason(redeemed), "ok");
    return redeemed.ok() ? redeemed->new_grant().token() : "";
  }

  std::string Check(const std::string& token, const std::string& caller = "shop") {
    auto request = ann_.About<v1::CheckGrantRequest>();
    request.set_grant(token);
    CallFacts facts;
    facts.caller = caller;
    return Reason(harness_.Call(facts, request));
  }
};

TEST_P(PromptGrants, AreOfferedByTheServiceAndTakenByTheUser) {
  app_ = ann_.Enroll();
  Begin(Offering());
  EXPECT_TRUE(view_.remember_offered());
  EXPECT_EQ(view_.remember_max_age_seconds(), kWeekSeconds);
  const auto redeemed = Redeem(Pass(Remembering(CodeNow())));
  const std::string token = TokenFrom(redeemed);
  EXPECT_EQ(redeemed->new_grant().grant().description(), "Firefox on Linux");
  EXPECT_EQ(redeemed->new_grant().grant().expire_time().seconds() -
                redeemed->new_grant().grant().create_time().seconds(),
            kWeekSeconds);
  EXPECT_EQ(Check(token), "ok");
  EXPECT_EQ(Check(token, "billing"), "GRANT_REJECTED");
}

TEST_P(PromptGrants, T49_AreNotMadeUnlessServiceAndUserBothWant) {
  app_ = ann_.Enroll();
  Begin(Offering());
  EXPECT_FALSE(Redeem(Pass(VerifyAction(CodeNow())))->has_new_grant()) << "the user did not";
  Begin(Asked(v1::PROMPT_PURPOSE_SIGN_IN));
  EXPECT_FALSE(view_.remember_offered());
  EXPECT_FALSE(Redeem(Pass(Remembering(CodeNow())))->has_new_grant()) << "the service did not";
  Begin(Offering());
  EXPECT_FALSE(Redeem(Pass(Remembering(ann_.backup_codes()[0])))->has_new_grant()) << "by a backup code";
  EXPECT_EQ(ann_.List()->grants_size(), 0);
}

TEST_P(PromptGrants, T49_NothingIsRememberedBeforeTheCodeIsRedeemed) {
  app_ = ann_.Enroll();
  Begin(Offering());
  const auto done = Act(Remembering(CodeNow()));
  ASSERT_EQ(Reason(done), "ok");
  EXPECT_EQ(ann_.List()->grants_size(), 0);
  EXPECT_EQ(Reason(Redeem("wrong")), "PROMPT_NOT_SATISFIED");
  EXPECT_EQ(ann_.List()->grants_size(), 0);
}

TEST_P(PromptGrants, T49_WhatEndsGrantsAlsoEndsOneThatIsNotYetRedeemed) {
  app_ = ann_.Enroll();
  Begin(Offering());
  const std::string code = Pass(Remembering(CodeNow()));
  ASSERT_EQ(Reason(harness_.Call(ann_.About<v1::RevokeGrantsRequest>())), "ok");
  EXPECT_FALSE(Redeem(code)->has_new_grant());
}

TEST_P(PromptGrants, ARepeatedRedeemShowsTheSameToken) {
  app_ = ann_.Enroll();
  Begin(Offering());
  auto redeem = ann_.About<v1::RedeemPromptRequest>();
  redeem.set_prompt_id(prompt_id_);
  redeem.set_code(Pass(Remembering(CodeNow())));
  redeem.set_request_id(NewRequestId());
  const auto call = [&] {
    CallFacts facts;
    facts.caller = "shop";
    return TokenFrom(harness_.Call(facts, redeem));
  };
  const std::string token = call();
  EXPECT_FALSE(token.empty());
  EXPECT_EQ(call(), token);
  EXPECT_EQ(ann_.List()->grants_size(), 1);
}

TEST_P(PromptGrants, TheServicesDescriptionGoesFirst) {
  app_ = ann_.Enroll();
  auto asked = Offering();
  asked.mutable_remember()->set_description("Shop app on Ann's phone");
  Begin(asked);
  const auto redeemed = Redeem(Pass(Remembering(CodeNow())));
  EXPECT_EQ(redeemed->new_grant().grant().description(), "Shop app on Ann's phone");
}

TEST_P(PromptGrants, CheckWhatTheyAreAsked) {
  app_ = ann_.Enroll();
  auto asked = Offering();
  asked.set_purpose(v1::PROMPT_PURPOSE_MANAGE);
  EXPECT_EQ(Reason(Create(asked)), "INVALID_REQUEST");
  asked = Offering();
  asked.mutable_remember()->set_max_age_seconds(59);
  EXPECT_EQ(Reason(Create(asked)), "INVALID_REQUEST");
  asked = Offering();
  asked.mutable_remember()->set_description("two\nlines");
  EXPECT_EQ(Reason(Create(asked)), "INVALID_REQUEST");
  Begin(Offering());
  auto verify = Remembering(CodeNow());
  verify.mutable_verify()->set_device_description("two\nlines");
  EXPECT_EQ(Reason(Act(verify)), "INVALID_REQUEST");
  verify.mutable_verify()->set_device_description(std::string(101, 'a'));
  EXPECT_EQ(Reason(Act(verify)), "INVALID_REQUEST");
}

TEST_P(PromptGrants, TheLongestSessionFitsACookie) {
  const std::string long_name(255, 'n');
  User user(harness_, long_name, std::string(255, 't'));
  auto asked = user.About<v1::CreatePromptRequest>();
  asked.set_purpose(v1::PROMPT_PURPOSE_SIGN_IN);
  asked.set_return_url("https://shop.example.org/" + std::string(512 - 25, 'p'));
  asked.set_state(std::string(512, 's'));
  asked.set_display_name(std::string(64, 'd'));
  asked.set_account_name(std::string(255, 'a'));
  asked.set_locale(std::string(35, 'l'));
  asked.set_transaction_text(std::string(500, 't'));
  for (int type = 1; type <= 6; ++type) asked.add_allowed_types(static_cast<v1::MethodType>(type));
  asked.set_require_user_verified(true);
  asked.mutable_remember()->set_max_age_seconds(kWeekSeconds);
  asked.mutable_remember()->set_description(std::string(100, 'r'));
  Begin(asked);
  EXPECT_LT(session_.size(), 4000U);
}

TEST_P(PromptGrants, UsersSeeAndEndTheirsInAPromptToManage) {
  app_ = ann_.Enroll();
  std::vector<std::string> tokens;
  for (int i = 0; i < 3; ++i) {
    Begin(Offering());
    tokens.push_back(TokenFrom(Redeem(Pass(Remembering(CodeNow())))));
  }
  Begin(Offering());
  EXPECT_EQ(view_.grants_size(), 0) << "only to manage";
  Begin(Asked(v1::PROMPT_PURPOSE_MANAGE));
  ASSERT_EQ(view_.grants_size(), 3);
  v1::ActOnPromptRequest revoke = Action();
  revoke.mutable_revoke_grants()->set_grant_id(view_.grants(1).grant_id());
  EXPECT_EQ(Reason(Act(revoke)), "PROOF_REQUIRED");
  ASSERT_EQ(Reason(Act(VerifyAction(CodeNow()))), "ok");
  revoke.set_request_id(NewRequestId());
  const auto revoked = Act(revoke);
  ASSERT_EQ(Reason(revoked), "ok");
  EXPECT_EQ(revoked->view().grants_size(), 2);
  EXPECT_EQ(Check(tokens[1]), "GRANT_REJECTED");
  EXPECT_EQ(Check(tokens[2]), "ok");
  v1::ActOnPromptRequest all = Action();
  all.mutable_revoke_grants();
  EXPECT_EQ(Act(all)->view().grants_size(), 0);
  EXPECT_EQ(Check(tokens[2]), "GRANT_REJECTED");
  Begin(Asked(v1::PROMPT_PURPOSE_ENROLL));
  v1::ActOnPromptRequest elsewhere = Action();
  elsewhere.mutable_revoke_grants();
  EXPECT_EQ(Reason(Act(elsewhere)), "INVALID_REQUEST") << "not while enrolling";
}

TEST_P(PromptGrants, T49_AGrantSatisfiesNoPrompt) {
  app_ = ann_.Enroll();
  Begin(Offering());
  const std::string token = TokenFrom(Redeem(Pass(Remembering(CodeNow()))));
  ASSERT_EQ(Check(token), "ok");
  for (const auto purpose :
       {v1::PROMPT_PURPOSE_SIGN_IN, v1::PROMPT_PURPOSE_MANAGE, v1::PROMPT_PURPOSE_ENROLL}) {
    Begin(Asked(purpose));
    EXPECT_EQ(Reason(Act(VerifyAction(token))), "MALFORMED_CODE");
    EXPECT_TRUE(view_.second_factor_required());
  }
}

INSTANTIATE_TEST_SUITE_P(Storages, PromptGrants, testing::Values("memory:", "sqlite:"), &Prompts::NameOf);

}  // namespace
}  // namespace twofold
