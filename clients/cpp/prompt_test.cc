#include "clients/cpp/prompt.h"

#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "clients/cpp/request_id.h"
#include "tests/harness/scripted_server.h"
#include "tests/harness/server_process.h"
#include "tests/harness/tool.h"
#include "twofold/v1/prompt_page_service.grpc.pb.h"

namespace twofold {
namespace {

constexpr char kPage[] = "https://page.example.org";

// The case, as one word.
std::string NameOf(const PromptOutcome& outcome) {
  using Why = PromptOutcome::Cancelled::Why;
  return outcome.Match(
      [](const PromptOutcome::Passed& passed) { return absl::StrCat("passed ", passed.user_id()); },
      [](const PromptOutcome::Cancelled& cancelled) -> std::string {
        switch (cancelled.why) {
          case Why::kUserWentBack:
            return "went back";
          case Why::kLostAllMethods:
            return "lost all methods";
          case Why::kExpired:
            return "expired";
          case Why::kOther:
            return "other";
        }
        return "";
      },
      [](const PromptOutcome::WrongSession&) -> std::string { return "wrong session"; },
      [](const PromptOutcome::Refused& refused) { return absl::StrCat("refused ", refused.error.reason); },
      [](const PromptOutcome::Unavailable&) -> std::string { return "unavailable"; });
}

v1::CreatePromptRequest Asked(v1::PromptPurpose purpose, const std::string& user = "ann") {
  v1::CreatePromptRequest request;
  request.set_tenant("acme");
  request.set_user_id(user);
  request.set_purpose(purpose);
  request.set_return_url("https://shop.example.org/done");
  return request;
}

// The parameters of a return URL. None of them needs decoding.
PromptAnswer Answer(const std::string& return_url) {
  PromptAnswer answer;
  for (const absl::string_view part : absl::StrSplit(return_url, absl::ByAnyChar("?&"))) {
    const std::pair<std::string, std::string> pair = absl::StrSplit(part, absl::MaxSplits('=', 1));
    if (pair.first == "state") answer.state = pair.second;
    if (pair.first == "twofold_code") answer.twofold_code = pair.second;
    if (pair.first == "error") answer.error = pair.second;
  }
  return answer;
}

// A browser at the page, by the calls that the page makes.
class Browser {
 public:
  explicit Browser(const std::string& address)
      : page_(v1::PromptPageService::NewStub(
            grpc::CreateChannel(address, grpc::InsecureChannelCredentials()))) {}

  void Open(const std::string& url) {
    v1::OpenPromptRequest request;
    request.set_token(std::string(absl::StripPrefix(url, absl::StrCat(kPage, "/start#"))));
    v1::OpenPromptResponse response;
    grpc::ClientContext context;
    const grpc::Status status = page_->OpenPrompt(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    session_ = response.session();
  }

  PromptAnswer PassWith(const std::string& code) {
    v1::ActOnPromptRequest request;
    request.mutable_verify()->set_code(code);
    return Act(std::move(request));
  }

  PromptAnswer Cancel(bool lost_all_methods) {
    v1::ActOnPromptRequest request;
    request.mutable_cancel()->set_lost_all_methods(lost_all_methods);
    return Act(std::move(request));
  }

  PromptAnswer Finish() {
    v1::ActOnPromptRequest request;
    request.mutable_finish();
    return Act(std::move(request));
  }

 private:
  PromptAnswer Act(v1::ActOnPromptRequest request) {
    request.set_session(session_);
    request.set_request_id(NewRequestId());
    v1::ActOnPromptResponse response;
    grpc::ClientContext context;
    const grpc::Status status = page_->ActOnPrompt(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return Answer(response.return_url());
  }

  const std::unique_ptr<v1::PromptPageService::Stub> page_;
  std::string session_;
};

// With a real server. Each test has a user with a second factor, whose emergency codes pass it.
class PromptTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TempFolder();
    server_ = new ServerProcess(folder_->path(), {absl::StrCat("--prompt_url=", kPage)});
  }
  static void TearDownTestSuite() {
    delete server_;
    delete folder_;
  }

  void SetUp() override {
    v1::EnrollRequest enroll;
    enroll.set_tenant("acme");
    enroll.set_user_id(user_);
    const auto enrolled = client_.Enroll(enroll);
    v1::ConfirmEnrollmentRequest confirm;
    confirm.set_tenant("acme");
    confirm.set_user_id(user_);
    confirm.set_method_id(enrolled->method().method_id());
    confirm.set_code(OathtoolCode(enrolled->secret_base32(), absl::ToUnixMillis(absl::Now()), 30));
    const auto confirmed = client_.ConfirmEnrollment(confirm);
    codes_.assign(confirmed->backup_codes().begin(), confirmed->backup_codes().end());
  }

  static ClientOptions Options() {
    ClientOptions options;
    options.address = server_->address();
    return options;
  }

  v1::CreatePromptRequest AskedForSignIn() const { return Asked(v1::PROMPT_PURPOSE_SIGN_IN, user_); }

  StartedPrompt Start(const v1::CreatePromptRequest& request) {
    Result<StartedPrompt> started = StartPrompt(client_, request);
    browser_.Open(started->url);
    return *started;
  }
  StartedPrompt Start() { return Start(AskedForSignIn()); }

  PromptAnswer Pass() {
    const std::string code = codes_.back();
    codes_.pop_back();
    return browser_.PassWith(code);
  }

  static TempFolder* folder_;
  static ServerProcess* server_;

  const std::string user_ = testing::UnitTest::GetInstance()->current_test_info()->name();
  const std::string passed_ = absl::StrCat("passed ", user_);
  TwofoldClient client_{Options()};
  Browser browser_{server_->address()};
  std::vector<std::string> codes_;
};

TempFolder* PromptTest::folder_ = nullptr;
ServerProcess* PromptTest::server_ = nullptr;

TEST_F(PromptTest, AUserSignsIn) {
  const StartedPrompt started = Start();
  EXPECT_TRUE(started.second_factor_required);
  EXPECT_GT(started.expire_time, absl::Now() + absl::Minutes(9));
  const PromptAnswer answer = Pass();
  const auto pending = PendingPrompt::Parse(started.pending.Serialize());
  ASSERT_TRUE(pending.has_value());
  FinishPrompt(client_, pending, answer)
      .Match(
          [&](const PromptOutcome::Passed& passed) {
            EXPECT_EQ(passed.tenant(), "acme");
            EXPECT_EQ(passed.user_id(), user_);
            EXPECT_EQ(passed.response().purpose(), v1::PROMPT_PURPOSE_SIGN_IN);
            EXPECT_EQ(passed.response().method().type(), v1::METHOD_TYPE_BACKUP_CODES);
          },
          [](const PromptOutcome::Cancelled&) { FAIL() << "cancelled"; },
          [](const PromptOutcome::WrongSession&) { FAIL() << "wrong session"; },
          [](const PromptOutcome::Refused& refused) { FAIL() << refused.error.message; },
          [](const PromptOutcome::Unavailable& unavailable) { FAIL() << unavailable.error.message; });
  EXPECT_EQ(NameOf(FinishPrompt(client_, pending, answer)), "refused PROMPT_NOT_SATISFIED")
      << "the code has passed before";
}

TEST_F(PromptTest, T47_AnotherSessionPassesNothingAndLeavesTheCodeToItsOwn) {
  const StartedPrompt started = Start();
  const PromptAnswer answer = Pass();
  EXPECT_EQ(NameOf(FinishPrompt(client_, std::nullopt, answer)), "wrong session");
  EXPECT_EQ(NameOf(FinishPrompt(client_, std::nullopt, {})), "wrong session");
  const auto other = StartPrompt(client_, AskedForSignIn());
  EXPECT_EQ(NameOf(FinishPrompt(client_, other->pending, answer)), "wrong session");
  std::vector<std::string> states = {"", answer.state + "A", answer.state.substr(1)};
  for (size_t i = 0; i < answer.state.size(); ++i) {
    states.push_back(answer.state);
    states.back()[i] = answer.state[i] == 'A' ? 'B' : 'A';
  }
  for (const std::string& state : states) {
    PromptAnswer wrong = answer;
    wrong.state = state;
    EXPECT_EQ(NameOf(FinishPrompt(client_, started.pending, wrong)), "wrong session") << state;
  }
  EXPECT_EQ(NameOf(FinishPrompt(client_, started.pending, answer)), passed_);
}

TEST_F(PromptTest, AnErrorIsNeverAPassEvenWithTheRightCode) {
  StartedPrompt started = Start();
  EXPECT_EQ(NameOf(FinishPrompt(client_, started.pending, browser_.Cancel(false))), "went back");
  started = Start();
  EXPECT_EQ(NameOf(FinishPrompt(client_, started.pending, browser_.Cancel(true))), "lost all methods");

  started = Start();
  PromptAnswer answer = Pass();
  answer.error = "expired";
  EXPECT_EQ(NameOf(FinishPrompt(client_, started.pending, answer)), "expired");
  answer.error = "none";
  EXPECT_EQ(NameOf(FinishPrompt(client_, started.pending, answer)), "other");
  answer.error = "";
  EXPECT_EQ(NameOf(FinishPrompt(client_, started.pending, answer)), passed_) << "nothing was redeemed";
}

TEST_F(PromptTest, NobodyPassesWithoutTheCodeOfThePrompt) {
  const StartedPrompt started = Start();
  const PromptAnswer unfinished = {.state = started.pending.state()};
  EXPECT_EQ(NameOf(FinishPrompt(client_, started.pending, unfinished)), "refused PROMPT_NOT_SATISFIED");
  const PromptAnswer right = Pass();

  PromptAnswer wrong = right;
  wrong.twofold_code[0] = wrong.twofold_code[0] == 'a' ? 'b' : 'a';
  EXPECT_EQ(NameOf(FinishPrompt(client_, started.pending, wrong)), "refused PROMPT_NOT_SATISFIED");
  const auto other = StartPrompt(client_, AskedForSignIn());
  wrong = right;
  wrong.state = other->pending.state();
  EXPECT_EQ(NameOf(FinishPrompt(client_, other->pending, wrong)), "refused PROMPT_NOT_SATISFIED");
  EXPECT_EQ(NameOf(FinishPrompt(client_, started.pending, right)), passed_);
}

TEST_F(PromptTest, AnEnrolmentIsNoSignIn) {
  const StartedPrompt started = Start(Asked(v1::PROMPT_PURPOSE_MANAGE, "new"));
  EXPECT_FALSE(started.second_factor_required);
  const PromptAnswer answer = browser_.Finish();
  const auto pending = PendingPrompt::Parse(absl::StrReplaceAll(
      started.pending.Serialize(), {{absl::StrCat("1.", int{v1::PROMPT_PURPOSE_MANAGE}, "."),
                                     absl::StrCat("1.", int{v1::PROMPT_PURPOSE_SIGN_IN}, ".")}}));
  ASSERT_TRUE(pending.has_value());
  ASSERT_EQ(pending->purpose(), v1::PROMPT_PURPOSE_SIGN_IN);
  EXPECT_EQ(NameOf(FinishPrompt(client_, pending, answer)), "refused ");
}

TEST_F(PromptTest, EachPromptHasItsOwnState) {
  v1::CreatePromptRequest request = AskedForSignIn();
  request.set_state("the caller's own state");
  const auto one = StartPrompt(client_, request);
  const auto two = StartPrompt(client_, request);
  ASSERT_TRUE(one.ok() && two.ok());
  EXPECT_EQ(one->pending.state().size(), 32U);
  EXPECT_NE(one->pending.state(), two->pending.state());
}

TEST_F(PromptTest, CancelPromptEndsThePage) {
  const StartedPrompt started = Start();
  v1::CancelPromptRequest request;
  request.set_tenant("acme");
  request.set_user_id(user_);
  request.set_prompt_id(started.pending.prompt_id());
  EXPECT_TRUE(client_.CancelPrompt(request).ok());
  EXPECT_EQ(client_.CancelPrompt(request).error().reason, "PROMPT_NOT_FOUND");
}

TEST_F(PromptTest, ARefusedPromptIsNotStarted) {
  v1::CreatePromptRequest request = AskedForSignIn();
  request.set_return_url("javascript:alert(1)");
  EXPECT_EQ(StartPrompt(client_, request).error().reason, "RETURN_URL_NOT_ALLOWED");
}

TEST_F(PromptTest, APendingPromptIsReadFromNoOtherText) {
  v1::CreatePromptRequest request = Asked(v1::PROMPT_PURPOSE_SIGN_IN, "zoë; \"x\", y.z");
  const std::string text = StartPrompt(client_, request)->pending.Serialize();
  EXPECT_TRUE(std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || absl::StrContains("-_.", c);
  })) << text;
  const auto pending = PendingPrompt::Parse(text);
  ASSERT_TRUE(pending.has_value());
  EXPECT_EQ(pending->user_id(), request.user_id());
  EXPECT_EQ(pending->tenant(), "acme");
  EXPECT_EQ(pending->Serialize(), text);

  const std::vector<std::string> parts = absl::StrSplit(text, '.');
  std::vector<std::string> odd = {"", text + " ", text + ".", " " + text, text + "=", std::string(5000, '.')};
  for (size_t i = 0; i < parts.size(); ++i) {
    std::vector<std::string> changed = parts;
    for (const std::string& part :
         {std::string(), parts[i] + "=", "+" + parts[i], std::string("99"), std::string("é")}) {
      // A tenant may be empty.
      if (i == 3 && part.empty()) continue;
      changed[i] = part;
      odd.push_back(absl::StrJoin(changed, "."));
    }
    changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(i));
    odd.push_back(absl::StrJoin(changed, "."));
  }
  for (const std::string& other : odd) EXPECT_FALSE(PendingPrompt::Parse(other).has_value()) << other;
}

// Answers that no healthy server gives.
class PromptFaultTest : public testing::Test {
 protected:
  ClientOptions Options() const {
    ClientOptions options;
    options.address = server_.address();
    options.timeout = absl::Seconds(20);
    return options;
  }

  Result<StartedPrompt> Start() { return StartPrompt(client_, Asked(v1::PROMPT_PURPOSE_SIGN_IN)); }

  PromptFaultTest() {
    v1::CreatePromptResponse created;
    created.set_prompt_id("p1");
    server_.Answer(created);
  }

  ScriptedServer server_;
  TwofoldClient client_{Options()};
};

TEST_F(PromptFaultTest, NoFailureOfTheCallIsAPass) {
  const auto started = Start();
  const PromptAnswer answer = {.state = started->pending.state(), .twofold_code = "c"};
  for (int code = grpc::StatusCode::CANCELLED; code <= grpc::StatusCode::UNAUTHENTICATED; ++code) {
    const bool retried = code == grpc::StatusCode::UNAVAILABLE;
    for (int i = 0; i < (retried ? 3 : 1); ++i) {
      server_.RefuseNext(grpc::Status(static_cast<grpc::StatusCode>(code), "no"));
    }
    const bool no_answer = retried || code == grpc::StatusCode::DEADLINE_EXCEEDED ||
                           code == grpc::StatusCode::RESOURCE_EXHAUSTED || code == grpc::StatusCode::ABORTED;
    EXPECT_EQ(NameOf(FinishPrompt(client_, started->pending, answer)), no_answer ? "unavailable" : "refused ")
        << code;
  }
}

TEST_F(PromptFaultTest, APromptThatWasMovedAwayBelongsToNoSession) {
  const auto started = Start();
  PendingPrompt pending = started->pending;
  const PendingPrompt taken = std::move(pending);
  v1::RedeemPromptResponse redeemed;
  redeemed.set_purpose(v1::PROMPT_PURPOSE_SIGN_IN);
  server_.Answer(redeemed);
  // NOLINTNEXTLINE(bugprone-use-after-move): a service that makes this mistake must sign nobody in.
  EXPECT_EQ(NameOf(FinishPrompt(client_, pending, {})), "wrong session");
  EXPECT_TRUE(server_.Requests<v1::RedeemPromptRequest>().empty());
  EXPECT_EQ(NameOf(FinishPrompt(client_, taken, {.state = taken.state()})), "passed ann");
}

TEST_F(PromptFaultTest, OkAboutAnotherPurposeIsNotAPass) {
  const auto started = Start();
  const PromptAnswer answer = {.state = started->pending.state(), .twofold_code = "c"};
  for (const int purpose : {0, 2, 3, 4, -1}) {
    v1::RedeemPromptResponse redeemed;
    redeemed.set_purpose(static_cast<v1::PromptPurpose>(purpose));
    server_.Answer(redeemed);
    EXPECT_EQ(NameOf(FinishPrompt(client_, started->pending, answer)), "refused ") << purpose;
  }
  v1::RedeemPromptResponse redeemed;
  redeemed.set_purpose(v1::PROMPT_PURPOSE_SIGN_IN);
  server_.Answer(redeemed);
  EXPECT_EQ(NameOf(FinishPrompt(client_, started->pending, answer)), "passed ann");
}

TEST_F(PromptFaultTest, UnavailableIsRetriedWithTheSameRequestId) {
  for (int i = 0; i < 2; ++i) server_.RefuseNext(grpc::Status(grpc::StatusCode::UNAVAILABLE, "no"));
  const auto started = Start();
  ASSERT_TRUE(started.ok());
  const auto created = server_.Requests<v1::CreatePromptRequest>();
  ASSERT_EQ(created.size(), 3U);
  EXPECT_FALSE(created[0].request_id().empty());
  EXPECT_EQ(created[0].request_id(), created[2].request_id());

  for (int i = 0; i < 2; ++i) server_.RefuseNext(grpc::Status(grpc::StatusCode::UNAVAILABLE, "no"));
  v1::RedeemPromptResponse redeemed;
  redeemed.set_purpose(v1::PROMPT_PURPOSE_SIGN_IN);
  server_.Answer(redeemed);
  const PromptAnswer answer = {.state = started->pending.state(), .twofold_code = "c"};
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(NameOf(FinishPrompt(client_, started->pending, answer)), "passed ann");
  }
  const auto asked = server_.Requests<v1::RedeemPromptRequest>();
  ASSERT_EQ(asked.size(), 4U);
  EXPECT_EQ(asked[0].request_id(), asked[2].request_id());
  EXPECT_NE(asked[0].request_id(), asked[3].request_id()) << "a page that is loaded again is no repetition";

  for (int i = 0; i < 2; ++i) server_.RefuseNext(grpc::Status(grpc::StatusCode::UNAVAILABLE, "no"));
  EXPECT_TRUE(client_.CancelPrompt({}).ok());
  EXPECT_EQ(server_.Requests<v1::CancelPromptRequest>().size(), 3U);
}

// What does not compile.
template <typename... Handlers>
concept CanMatch =
    requires(const PromptOutcome& outcome, Handlers... handlers) { outcome.Match(handlers...); };

using OnPassed = decltype([](const PromptOutcome::Passed&) {});
using OnCancelled = decltype([](const PromptOutcome::Cancelled&) {});
using OnWrongSession = decltype([](const PromptOutcome::WrongSession&) {});
using OnRefused = decltype([](const PromptOutcome::Refused&) {});
using OnUnavailable = decltype([](const PromptOutcome::Unavailable&) {});
using OnAnything = decltype([](const auto&) {});

static_assert(CanMatch<OnPassed, OnCancelled, OnWrongSession, OnRefused, OnUnavailable>);
static_assert(!CanMatch<OnPassed, OnCancelled, OnWrongSession, OnRefused>);
static_assert(!CanMatch<OnPassed>);
static_assert(!CanMatch<OnAnything>);
static_assert(!CanMatch<OnCancelled, OnWrongSession, OnRefused, OnUnavailable, OnAnything>);
static_assert(!std::is_constructible_v<bool, PromptOutcome>);
static_assert(!std::is_default_constructible_v<PromptOutcome>);
static_assert(!std::is_default_constructible_v<PromptOutcome::Passed>);
static_assert(!std::is_default_constructible_v<PendingPrompt>);
static_assert(!std::is_constructible_v<PromptOutcome, PromptOutcome::Passed>);
static_assert(!std::is_constructible_v<PromptOutcome::Passed, v1::RedeemPromptResponse>);

}  // namespace
}  // namespace twofold
