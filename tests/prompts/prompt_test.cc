// Prompts, from the service that creates one over the page to the service that redeems it.

#include <string>

#include "absl/strings/match.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "tests/harness/software_key.h"
#include "tests/prompts/prompt_fixture.h"

namespace twofold {
namespace {

TEST_P(Prompts, SignIn) {
  app_ = ann_.Enroll();
  const auto created = Create(Asked(v1::PROMPT_PURPOSE_SIGN_IN));
  ASSERT_EQ(Reason(created), "ok");
  EXPECT_TRUE(created->required());
  EXPECT_LT(created->url().size(), 4000U);
  prompt_id_ = created->prompt_id();
  const auto opened = Open(TokenOf(*created));
  ASSERT_EQ(Reason(opened), "ok");
  session_ = opened->session();
  EXPECT_LT(session_.size(), 4000U) << "a cookie holds no more";
  EXPECT_EQ(opened->view().display_name(), "Shop");
  EXPECT_EQ(opened->view().account_name(), "ann");
  EXPECT_EQ(opened->view().return_origin(), "https://shop.example.org");
  EXPECT_EQ(opened->view().methods_size(), 2);
  EXPECT_EQ(Reason(Act(VerifyAction(app_.WrongCode(harness_.clock().Now())))), "CODE_REJECTED");
  const auto done = Act(VerifyAction(CodeNow()));
  ASSERT_EQ(Reason(done), "ok");
  EXPECT_TRUE(absl::StartsWith(done->return_url(), "https://shop.example.org/done?lang=de&twofold_code="));
  EXPECT_EQ(Parameter(done->return_url(), "state"), "0123456789abcdef%2B%2F");
  const std::string code = Parameter(done->return_url(), "twofold_code");
  const auto redeemed = Redeem(code);
  ASSERT_EQ(Reason(redeemed), "ok");
  EXPECT_EQ(redeemed->purpose(), v1::PROMPT_PURPOSE_SIGN_IN);
  EXPECT_EQ(redeemed->method().method_id(), app_.method_id());
  EXPECT_GT(redeemed->verify_time().seconds(), 0);
  EXPECT_EQ(Reason(Redeem(code)), "PROMPT_NOT_SATISFIED") << "it is used";
}

TEST_P(Prompts, T47_ALinkWorksOnce) {
  app_ = ann_.Enroll();
  const auto created = Create(Asked(v1::PROMPT_PURPOSE_SIGN_IN));
  const std::string token = TokenOf(*created);
  EXPECT_EQ(Reason(Open(token)), "ok");
  EXPECT_EQ(Reason(Open(token)), "PROMPT_NOT_FOUND");
  EXPECT_EQ(Reason(Open("AAAA")), "PROMPT_NOT_FOUND");
  EXPECT_EQ(Reason(Open(token + "A")), "PROMPT_NOT_FOUND");
  const std::string sealed = token.substr(token.find('.') + 1);
  EXPECT_EQ(Reason(Open(sealed)), "PROMPT_NOT_FOUND");
  EXPECT_EQ(Reason(Open("other." + sealed)), "PROMPT_NOT_FOUND");
  v1::ActOnPromptRequest with_link = Action();
  with_link.set_session(sealed);
  with_link.mutable_verify()->set_code(CodeNow());
  EXPECT_EQ(Reason(Act(with_link)), "PROMPT_NOT_FOUND") << "a link is no session";
}

TEST_P(Prompts, TellTheWayBackWhenTheyAreOver) {
  app_ = ann_.Enroll();
  const auto created = Create(Asked(v1::PROMPT_PURPOSE_SIGN_IN));
  const std::string token = TokenOf(*created);
  const auto opened = Open(token);
  ASSERT_EQ(Reason(opened), "ok");
  const auto way_back = [](const absl::Status& status) {
    google::rpc::ErrorInfo info;
    const auto payload = status.GetPayload("type.googleapis.com/google.rpc.ErrorInfo");
    EXPECT_TRUE(payload.has_value() && info.ParseFromString(std::string(*payload)));
    return (*info.mutable_metadata())["return_url"];
  };
  const std::string back = "https://shop.example.org/done?lang=de&error=expired&state=0123456789abcdef%2B%2F";
  EXPECT_EQ(way_back(Open(token).status()), back);
  EXPECT_EQ(way_back(Open(token + "A").status()), "") << "nobody sealed it";
  harness_.clock().Advance(10 * kMinute);
  v1::GetPromptRequest get;
  get.set_session(opened->session());
  EXPECT_EQ(way_back(harness_.Call(get).status()), back);
  session_ = opened->session();
  EXPECT_EQ(way_back(Act(VerifyAction(CodeNow())).status()), back);
  v1::ActOnPromptRequest cancel = Action();
  cancel.mutable_cancel();
  EXPECT_EQ(way_back(Act(cancel).status()), back);
}

TEST_P(Prompts, SayThatTheUserHasLostAllMethods) {
  app_ = ann_.Enroll();
  Begin(v1::PROMPT_PURPOSE_SIGN_IN);
  v1::ActOnPromptRequest leave = Action();
  leave.mutable_cancel()->set_lost_all_methods(true);
  const auto left = Act(leave);
  ASSERT_EQ(Reason(left), "ok");
  EXPECT_EQ(Parameter(left->return_url(), "error"), "lost_all_methods");
}

TEST_P(Prompts, T47_TheCodeIsForItsUserPromptAndCallerAlone) {
  app_ = ann_.Enroll();
  const std::string code = SignIn();
  const std::string prompt = prompt_id_;
  EXPECT_EQ(Reason(Redeem(code, "billing")), "PROMPT_NOT_SATISFIED");
  EXPECT_EQ(Reason(Redeem(code, "shop", "bob")), "PROMPT_NOT_SATISFIED");
  EXPECT_EQ(Reason(Redeem("")), "PROMPT_NOT_SATISFIED");
  std::string wrong = code;
  wrong.back() = wrong.back() == 'a' ? 'b' : 'a';
  wrong.front() = wrong.front() == 'a' ? 'b' : 'a';
  EXPECT_EQ(Reason(Redeem(wrong)), "PROMPT_NOT_SATISFIED");
  Begin(v1::PROMPT_PURPOSE_SIGN_IN);
  EXPECT_EQ(Reason(Redeem(code)), "PROMPT_NOT_SATISFIED") << "another prompt";
  prompt_id_ = prompt;
  EXPECT_EQ(Reason(Redeem(code)), "ok");
}

TEST_P(Prompts, T47_TheCodeLivesForAMinute) {
  app_ = ann_.Enroll();
  const std::string in_time = SignIn();
  harness_.clock().Advance(30 * kMillisPerSecond - 1);
  EXPECT_EQ(Reason(Redeem(in_time)), "ok");
  harness_.clock().Advance(kMinute);
  const std::string late = SignIn();
  harness_.clock().Advance(30 * kMillisPerSecond);
  EXPECT_EQ(Reason(Redeem(late)), "PROMPT_NOT_SATISFIED");
}

TEST_P(Prompts, T47_NothingIsSatisfiedWithoutTheBrowser) {
  app_ = ann_.Enroll();
  Begin(v1::PROMPT_PURPOSE_SIGN_IN);
  EXPECT_EQ(Reason(Redeem("aaaaaaaaaaaaaaaaaaaaaaaaaa")), "PROMPT_NOT_SATISFIED");
  v1::ActOnPromptRequest finish = Action();
  finish.mutable_finish();
  EXPECT_EQ(Reason(Act(finish)), "INVALID_REQUEST");
  v1::ActOnPromptRequest enroll = Action();
  enroll.mutable_enroll()->set_type(v1::METHOD_TYPE_TOTP);
  EXPECT_EQ(Reason(Act(enroll)), "INVALID_REQUEST") << "signing in changes no method";
}

TEST_P(Prompts, ExpireAndAreCancelled) {
  app_ = ann_.Enroll();
  Begin(v1::PROMPT_PURPOSE_SIGN_IN);
  harness_.clock().Advance(10 * kMinute);
  EXPECT_EQ(Reason(Act(VerifyAction(CodeNow()))), "PROMPT_NOT_FOUND");
  EXPECT_EQ(Reason(ann_.Verify(CodeNow())), "ok") << "the code was not used";
  Begin(v1::PROMPT_PURPOSE_SIGN_IN);
  auto cancel = ann_.About<v1::CancelPromptRequest>();
  cancel.set_prompt_id(prompt_id_);
  CallFacts other;
  other.caller = "billing";
  EXPECT_EQ(Reason(harness_.Call(other, cancel)), "PROMPT_NOT_FOUND");
  CallFacts shop;
  shop.caller = "shop";
  EXPECT_EQ(Reason(harness_.Call(shop, cancel)), "ok");
  v1::GetPromptRequest get;
  get.set_session(session_);
  EXPECT_EQ(Reason(harness_.Call(get)), "PROMPT_NOT_FOUND");
  Begin(v1::PROMPT_PURPOSE_SIGN_IN);
  v1::ActOnPromptRequest leave = Action();
  leave.mutable_cancel();
  const auto left = Act(leave);
  ASSERT_EQ(Reason(left), "ok");
  EXPECT_EQ(Parameter(left->return_url(), "error"), "cancelled");
  EXPECT_EQ(Parameter(left->return_url(), "twofold_code"), "");
}

TEST_P(Prompts, EnrolTheFirstMethodOfANewUser) {
  const auto created = Create(Asked(v1::PROMPT_PURPOSE_ENROLL));
  EXPECT_FALSE(created->required());
  prompt_id_ = created->prompt_id();
  session_ = Open(TokenOf(*created))->session();
  v1::ActOnPromptRequest enroll = Action();
  enroll.mutable_enroll()->set_type(v1::METHOD_TYPE_TOTP);
  enroll.mutable_enroll()->set_description("Ann's phone");
  const auto enrolled = Act(enroll);
  ASSERT_EQ(Reason(enrolled), "ok");
  EXPECT_FALSE(enrolled->enrolled().qr_svg().empty());
  const std::string id = enrolled->enrolled().method().method_id();
  const App app(id, enrolled->enrolled().otpauth_uri());
  v1::ActOnPromptRequest finish = Action();
  finish.mutable_finish();
  EXPECT_EQ(Reason(Act(finish)), "METHOD_STATE") << "nothing is enrolled yet";
  v1::ActOnPromptRequest confirm = Action();
  confirm.mutable_confirm()->set_method_id(id);
  confirm.mutable_confirm()->set_code(app.CodeAt(harness_.clock().Now()));
  confirm.mutable_confirm()->set_description("two\nlines");
  EXPECT_EQ(Reason(Act(confirm)), "INVALID_REQUEST");
  confirm.set_request_id(NewRequestId());
  confirm.mutable_confirm()->set_description("Ann's tablet");
  const auto confirmed = Act(confirm);
  ASSERT_EQ(Reason(confirmed), "ok");
  EXPECT_EQ(confirmed->backup_codes_size(), 10);
  v1::GetPromptRequest get;
  get.set_session(session_);
  const auto again = harness_.Call(get);
  EXPECT_EQ(again->view().methods(0).description(), "Ann's tablet");
  finish.set_request_id(NewRequestId());
  const auto finished = Act(finish);
  ASSERT_EQ(Reason(finished), "ok");
  const auto redeemed = Redeem(Parameter(finished->return_url(), "twofold_code"));
  ASSERT_EQ(Reason(redeemed), "ok");
  ASSERT_EQ(redeemed->enrolled_method_ids_size(), 1);
  EXPECT_EQ(redeemed->enrolled_method_ids(0), id);
}

TEST_P(Prompts, T33_ChangeNothingBeforeTheUserHasPassed) {
  app_ = ann_.Enroll();
  Begin(v1::PROMPT_PURPOSE_MANAGE);
  std::vector<v1::ActOnPromptRequest> changes(5, Action());
  changes[0].mutable_enroll();
  changes[1].mutable_rotate_backup_codes();
  changes[2].mutable_delete_backup_codes();
  changes[3].mutable_delete_()->set_method_id(app_.method_id());
  changes[4].mutable_update()->set_method_id(app_.method_id());
  changes[4].mutable_update()->set_description("mine");
  const auto with_new_id = [](v1::ActOnPromptRequest request) {
    request.set_request_id(NewRequestId());
    return request;
  };
  for (const auto& change : changes) EXPECT_EQ(Reason(Act(with_new_id(change))), "PROOF_REQUIRED");
  v1::ActOnPromptRequest finish = Action();
  finish.mutable_finish();
  EXPECT_EQ(Reason(Act(finish)), "PROOF_REQUIRED");
  const auto proven = Act(VerifyAction(CodeNow()));
  ASSERT_EQ(Reason(proven), "ok");
  EXPECT_FALSE(proven->view().proof_required());
  EXPECT_TRUE(proven->return_url().empty());
  EXPECT_EQ(Reason(Act(with_new_id(changes[4]))), "ok");
  EXPECT_EQ(Reason(Act(with_new_id(changes[0]))), "ok");
  const auto rotated = Act(with_new_id(changes[1]));
  ASSERT_EQ(rotated->backup_codes_size(), 10);
  EXPECT_EQ(Reason(ann_.Verify(rotated->backup_codes(0))), "ok") << "the codes that were shown are stored";
  EXPECT_EQ(Reason(Act(with_new_id(changes[2]))), "ok");
  EXPECT_EQ(Reason(ann_.Verify(rotated->backup_codes(1))), "CODE_REJECTED") << "they are deleted";
  finish.set_request_id(NewRequestId());
  const auto finished = Act(finish);
  ASSERT_EQ(Reason(finished), "ok");
  EXPECT_EQ(Redeem(Parameter(finished->return_url(), "twofold_code"))->method().description(), "mine");
}

TEST_P(Prompts, ProofInOnePromptIsNoneInAnother) {
  app_ = ann_.Enroll();
  Begin(v1::PROMPT_PURPOSE_MANAGE);
  ASSERT_EQ(Reason(Act(VerifyAction(CodeNow()))), "ok");
  Begin(v1::PROMPT_PURPOSE_MANAGE);
  v1::ActOnPromptRequest rotate = Action();
  rotate.mutable_rotate_backup_codes();
  EXPECT_EQ(Reason(Act(rotate)), "PROOF_REQUIRED");
}

TEST_P(Prompts, SignInWithASecurityKeyThatHasCheckedItsUser) {
  SoftwareKey key{SoftwareKey::Settings()};
  Begin(v1::PROMPT_PURPOSE_ENROLL);
  v1::ActOnPromptRequest enroll = Action();
  enroll.mutable_enroll()->set_type(v1::METHOD_TYPE_SECURITY_KEY);
  const auto enrolled = Act(enroll);
  ASSERT_EQ(Reason(enrolled), "ok");
  v1::ActOnPromptRequest confirm = Action();
  confirm.mutable_confirm()->set_method_id(enrolled->enrolled().method().method_id());
  confirm.mutable_confirm()->set_webauthn_credential_json(
      *key.Create(enrolled->enrolled().webauthn_creation_options_json()));
  const auto confirmed = Act(confirm);
  ASSERT_EQ(Reason(confirmed), "ok");

  v1::CreatePromptRequest strict = Asked(v1::PROMPT_PURPOSE_SIGN_IN);
  strict.set_require_user_verified(true);
  strict.set_transaction_text("Transfer EUR 100");
  const auto created = Create(strict);
  prompt_id_ = created->prompt_id();
  session_ = Open(TokenOf(*created))->session();
  EXPECT_EQ(Reason(Act(VerifyAction(confirmed->backup_codes(0)))), "CODE_REJECTED");
  EXPECT_EQ(Reason(Act(KeyAction(key, false))), "CODE_REJECTED");
  const auto done = Act(KeyAction(key, true));
  ASSERT_EQ(Reason(done), "ok");
  EXPECT_TRUE(Redeem(Parameter(done->return_url(), "twofold_code"))->user_verified());
  EXPECT_EQ(Reason(ann_.Verify(confirmed->backup_codes(0))), "ok") << "the refused code was not used";
}

TEST_P(Prompts, ARepeatedActionAnswersAgain) {
  app_ = ann_.Enroll();
  Begin(v1::PROMPT_PURPOSE_SIGN_IN);
  const v1::ActOnPromptRequest verify = VerifyAction(CodeNow());
  const auto first = Act(verify);
  const auto second = Act(verify);
  ASSERT_EQ(Reason(first), "ok");
  ASSERT_EQ(Reason(second), "ok");
  EXPECT_EQ(first->return_url(), second->return_url());
  auto create = Asked(v1::PROMPT_PURPOSE_SIGN_IN);
  create.set_request_id(NewRequestId());
  EXPECT_EQ(Create(create)->prompt_id(), Create(create)->prompt_id());
}

TEST_P(Prompts, AreAtMostThree) {
  app_ = ann_.Enroll();
  Begin(v1::PROMPT_PURPOSE_SIGN_IN);
  const std::string opened = session_;
  for (int i = 0; i < 10; ++i) ASSERT_EQ(Reason(Create(Asked(v1::PROMPT_PURPOSE_SIGN_IN))), "ok");
  EXPECT_EQ(RecordOf(harness_.storage(), "ann").prompts_size(), 3);
  session_ = opened;
  EXPECT_EQ(Reason(Act(VerifyAction(CodeNow()))), "ok") << "the one that is in use stays";
}

TEST_P(Prompts, T47_ReturnToNoUnlistedUrl) {
  const auto reason = [&](const std::string& url, const std::vector<std::string>& allowed) {
    v1::CreatePromptRequest request = Asked(v1::PROMPT_PURPOSE_ENROLL);
    request.set_return_url(url);
    CallFacts facts;
    CallerRights rights;
    rights.return_urls = &allowed;
    auto flow = Handle(harness_.engine(), facts, request, rights);
    return Reason(SyncWait(std::move(flow)));
  };
  EXPECT_EQ(reason(kReturnUrl, {"https://shop.example.org/"}), "ok");
  EXPECT_EQ(reason(kReturnUrl, {"https://shop.example.org/other"}), "RETURN_URL_NOT_ALLOWED");
  EXPECT_EQ(reason(kReturnUrl, {}), "RETURN_URL_NOT_ALLOWED");
  EXPECT_EQ(reason("https://shop.example.org@evil.org/", {"https://shop.example.org/"}),
            "RETURN_URL_NOT_ALLOWED");
}

TEST_P(Prompts, CheckWhatTheyAreAsked) {
  const auto reason = [&](auto change) {
    v1::CreatePromptRequest request = Asked(v1::PROMPT_PURPOSE_ENROLL);
    change(request);
    return Reason(Create(request));
  };
  using Request = v1::CreatePromptRequest;
  EXPECT_EQ(reason([](Request& request) { request.clear_purpose(); }), "INVALID_REQUEST");
  EXPECT_EQ(reason([](Request& request) { request.set_state("short"); }), "INVALID_REQUEST");
  EXPECT_EQ(reason([](Request& request) { request.set_state(std::string(513, 'x')); }), "INVALID_REQUEST");
  EXPECT_EQ(reason([](Request& request) { request.set_state("0123456789abcde\n"); }), "INVALID_REQUEST");
  EXPECT_EQ(reason([](Request& request) { request.set_ttl_seconds(59); }), "INVALID_REQUEST");
  EXPECT_EQ(reason([](Request& request) { request.set_ttl_seconds(1801); }), "INVALID_REQUEST");
  EXPECT_EQ(reason([](Request& request) { request.set_locale("de_DE.UTF-8"); }), "INVALID_REQUEST");
  EXPECT_EQ(reason([](Request& request) { request.set_transaction_text("a\nb"); }), "INVALID_REQUEST");
  EXPECT_EQ(reason([](Request&) {}), "ok");
}

INSTANTIATE_TEST_SUITE_P(Storages, Prompts, testing::Values("memory:", "sqlite:"), &Prompts::NameOf);

}  // namespace
}  // namespace twofold
