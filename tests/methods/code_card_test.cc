// A new type of method, used through the whole engine. docs/authenticators.md tells it in order.

#include "tests/methods/code_card.h"

#include "crypto/base32.h"
#include "gtest/gtest.h"
#include "server/builtins.h"
#include "server/methods/backup_codes/backup_codes.h"
#include "server/methods/otp/hotp.h"
#include "server/methods/otp/totp.h"
#include "tests/harness/user.h"

namespace twofold {
namespace {

// As in server/builtins.cc, and one line more.
Authenticators WithCodeCards() {
  std::vector<std::unique_ptr<const Authenticator>> all;
  all.push_back(NewTotp("Twofold"));
  all.push_back(NewHotp("Twofold"));
  all.push_back(NewBackupCodesAuthenticator());
  all.push_back(NewCodeCard());
  return Authenticators(std::move(all));
}

class CodeCards : public testing::TestWithParam<const char*> {
 protected:
  // Enrols and confirms a card, as the first method or with a proof. The first code is used by that.
  void EnrollCard(const std::string& proof = "") {
    auto request = user_.About<v1::EnrollRequest>();
    request.set_type(kCodeCardType);
    request.set_proof_code(proof);
    const auto enrolled = harness_.Call(request);
    ASSERT_EQ(Reason(enrolled), "ok");
    EXPECT_EQ(enrolled->method().type(), kCodeCardType);
    EXPECT_EQ(enrolled->method().state(), v1::METHOD_STATE_PENDING);
    id_ = enrolled->method().method_id();
    seed_ = std::string(Base32Decode(enrolled->secret_base32())->text());
    auto confirm = user_.About<v1::ConfirmEnrollmentRequest>();
    confirm.set_method_id(id_);
    confirm.set_code(CardCode(seed_, 0));
    const auto confirmed = harness_.Call(confirm);
    ASSERT_EQ(Reason(confirmed), "ok");
    backup_codes_.assign(confirmed->backup_codes().begin(), confirmed->backup_codes().end());
  }

  std::string Verify(const std::string& code) { return Reason(user_.Verify(code)); }

  EngineHarness harness_{GetParam(), OpenLimits(), nullptr, WithCodeCards()};
  User user_{harness_, "ann"};
  std::string id_;
  std::string seed_;
  std::vector<std::string> backup_codes_;
};

TEST_P(CodeCards, LogInWithEachCodeOnceInAnyOrder) {
  EnrollCard();
  EXPECT_EQ(backup_codes_.size(), 10U);
  EXPECT_EQ(Verify(CardCode(seed_, 0)), "CODE_REJECTED") << "it confirmed the card";
  for (const int place : {7, 3, 23}) {
    EXPECT_EQ(Verify(CardCode(seed_, place)), "ok") << place;
    EXPECT_EQ(Verify(CardCode(seed_, place)), "CODE_REJECTED") << place;
  }
  EXPECT_EQ(Verify(backup_codes_[0]), "ok");
}

TEST_P(CodeCards, StandBesideAnAuthenticatorApp) {
  const App app = user_.Enroll();
  EnrollCard(app.CodeAt(harness_.clock().Now()));
  EXPECT_EQ(Verify(CardCode(seed_, 5)), "ok");
  harness_.clock().Advance(60 * kMillisPerSecond);
  EXPECT_EQ(Verify(app.CodeAt(harness_.clock().Now())), "ok");
  const auto listed = user_.List();
  ASSERT_EQ(listed->methods_size(), 3);
  EXPECT_EQ(listed->methods(2).type(), v1::METHOD_TYPE_BACKUP_CODES);
}

TEST_P(CodeCards, ChargeWrongCodesAndAreLockedLikeEveryMethod) {
  harness_.Restart(DefaultLimits());
  EnrollCard();
  // 24 candidates cost five units each, and the long-term budget has 20.
  for (int i = 0; i < 4; ++i) EXPECT_EQ(Verify("12345678"), "CODE_REJECTED");
  harness_.clock().Advance(200 * kMillisPerSecond);
  EXPECT_GT(user_.List()->locked_until().seconds(), 0);
  EXPECT_EQ(Verify(CardCode(seed_, 9)), "LOCKED");
}

TEST_P(CodeCards, RepeatAnAnswerUnderItsRequestId) {
  EnrollCard();
  auto request = user_.About<v1::VerifyRequest>();
  request.set_code(CardCode(seed_, 4));
  request.set_request_id(NewRequestId());
  EXPECT_EQ(Reason(harness_.Call(request)), "ok");
  EXPECT_EQ(Reason(harness_.Call(request)), "ok");
  EXPECT_EQ(Verify(CardCode(seed_, 4)), "CODE_REJECTED");
}

TEST_P(CodeCards, AreUpdatedAndDeletedLikeEveryMethod) {
  EnrollCard();
  auto update = user_.About<v1::UpdateMethodRequest>();
  update.set_method_id(id_);
  update.set_description("in the wallet");
  update.mutable_update_mask()->add_paths("description");
  EXPECT_EQ(harness_.Call(update)->method().description(), "in the wallet");
  auto remove = user_.About<v1::DeleteMethodRequest>();
  remove.set_method_id(id_);
  EXPECT_EQ(Reason(harness_.Call(remove)), "PROOF_REQUIRED");
  remove.set_proof_code(CardCode(seed_, 11));
  EXPECT_EQ(harness_.Call(remove)->deleted_backup_codes(), 10);
}

TEST_P(CodeCards, ThatCannotBeShownChangeNothingAndUseNoProof) {
  const App app = user_.Enroll();
  const std::string proof = app.CodeAt(harness_.clock().Now());
  auto request = user_.About<v1::EnrollRequest>();
  request.set_type(kCodeCardType);
  request.set_description(kUnprintable);
  request.set_proof_code(proof);
  request.set_request_id(NewRequestId());
  EXPECT_EQ(harness_.Call(request).status().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(user_.List()->methods_size(), 2);
  EXPECT_EQ(Verify(proof), "ok");
}

TEST_P(CodeCards, AreUnknownToAServerWithoutThem) {
  EngineHarness plain(GetParam());
  auto request = user_.About<v1::EnrollRequest>();
  request.set_type(kCodeCardType);
  EXPECT_EQ(Reason(plain.Call(request)), "INVALID_REQUEST");
}

INSTANTIATE_TEST_SUITE_P(Storages, CodeCards, testing::Values("memory:", "sqlite:"),
                         [](const testing::TestParamInfo<const char*>& storage) {
                           return std::string(storage.param).substr(0, 6);
                         });

}  // namespace
}  // namespace twofold
