#ifndef TWOFOLD_TESTS_PROMPTS_PROMPT_FIXTURE_H_
#define TWOFOLD_TESTS_PROMPTS_PROMPT_FIXTURE_H_

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "tests/harness/software_key.h"
#include "tests/harness/user.h"
#include "tests/threats/threat_test.h"

namespace twofold {

inline constexpr char kReturnUrl[] = "https://shop.example.org/done?lang=de";
inline constexpr char kState[] = "0123456789abcdef+/";
inline constexpr int64_t kMinute = 60 * kMillisPerSecond;

// A service that asks for prompts about ann, and her browser.
class Prompts : public testing::TestWithParam<const char*> {
 public:
  static std::string NameOf(const testing::TestParamInfo<const char*>& storage) {
    return std::string(storage.param).substr(0, 6);
  }

 protected:
  v1::CreatePromptRequest Asked(v1::PromptPurpose purpose) {
    auto request = ann_.About<v1::CreatePromptRequest>();
    request.set_purpose(purpose);
    request.set_return_url(kReturnUrl);
    request.set_state(kState);
    request.set_display_name("Shop");
    return request;
  }

  absl::StatusOr<v1::CreatePromptResponse> Create(const v1::CreatePromptRequest& request,
                                                  const std::string& caller = "shop") {
    CallFacts facts;
    facts.caller = caller;
    return harness_.Call(facts, request);
  }

  static std::string TokenOf(const v1::CreatePromptResponse& created) {
    return std::string(absl::StripPrefix(created.url(), "https://page.example.org/start#"));
  }

  absl::StatusOr<v1::OpenPromptResponse> Open(const std::string& token) {
    v1::OpenPromptRequest request;
    request.set_token(token);
    return harness_.Call(request);
  }

  // Creates and opens a prompt.
  void Begin(v1::PromptPurpose purpose) { Begin(Asked(purpose)); }
  void Begin(const v1::CreatePromptRequest& asked) {
    const auto created = Create(asked);
    ASSERT_EQ(Reason(created), "ok");
    prompt_id_ = created->prompt_id();
    const auto opened = Open(TokenOf(*created));
    ASSERT_EQ(Reason(opened), "ok");
    session_ = opened->session();
    view_ = opened->view();
  }

  v1::ActOnPromptRequest Action() {
    v1::ActOnPromptRequest request;
    request.set_session(session_);
    request.set_request_id(NewRequestId());
    return request;
  }

  absl::StatusOr<v1::ActOnPromptResponse> Act(const v1::ActOnPromptRequest& request) {
    return harness_.Call(request);
  }

  v1::ActOnPromptRequest VerifyAction(const std::string& code) {
    v1::ActOnPromptRequest request = Action();
    request.mutable_verify()->set_code(code);
    return request;
  }

  // The key's answer to a challenge of the prompt.
  v1::ActOnPromptRequest KeyAction(SoftwareKey& key, bool verified) {
    v1::ActOnPromptRequest challenge = Action();
    challenge.mutable_challenge();
    const auto started = Act(challenge);
    EXPECT_EQ(Reason(started), "ok");
    harness_.clock().Advance(1);
    KeyKnobs knobs;
    knobs.user_verified = verified;
    v1::ActOnPromptRequest verify = Action();
    verify.mutable_verify()->set_challenge_id(started->challenge().challenge_id());
    verify.mutable_verify()->set_webauthn_credential_json(
        *key.Get(started->challenge().webauthn_request_options_json(), knobs));
    return verify;
  }

  std::string CodeNow() { return app_.CodeAt(harness_.clock().Now()); }

  // The value of a parameter of a return URL.
  static std::string Parameter(const std::string& url, const std::string& name) {
    for (const absl::string_view part : absl::StrSplit(url, absl::ByAnyChar("?&"))) {
      absl::string_view value = part;
      if (absl::ConsumePrefix(&value, name + "=")) return std::string(value);
    }
    return "";
  }

  absl::StatusOr<v1::RedeemPromptResponse> Redeem(const std::string& code, const std::string& caller = "shop",
                                                  const std::string& user = "ann") {
    v1::RedeemPromptRequest request;
    request.set_user_id(user);
    request.set_prompt_id(prompt_id_);
    request.set_code(code);
    CallFacts facts;
    facts.caller = caller;
    return harness_.Call(facts, request);
  }

  // Signs in with the app, and returns the code that the browser brings back.
  std::string SignIn() {
    Begin(v1::PROMPT_PURPOSE_SIGN_IN);
    const auto done = Act(VerifyAction(CodeNow()));
    EXPECT_EQ(Reason(done), "ok");
    harness_.clock().Advance(30 * kMillisPerSecond);
    return done.ok() ? Parameter(done->return_url(), "twofold_code") : "";
  }

  EngineHarness harness_{GetParam(), OpenLimits()};
  User ann_{harness_, "ann"};
  App app_;
  std::string prompt_id_;
  std::string session_;
  // As the page showed it when the prompt began.
  v1::PromptView view_;
};

}  // namespace twofold

#endif  // TWOFOLD_TESTS_PROMPTS_PROMPT_FIXTURE_H_
