// Everything that ends a remembered device before its time.

#include <optional>
#include <string>

#include "gtest/gtest.h"
#include "tests/grants/grant_fixture.h"
#include "tests/harness/software_key.h"

namespace twofold {
namespace {

using GrantEnds = Grants;

TEST_P(GrantEnds, T49_ABackupCodeIsNotRememberedAndEndsAllOthers) {
  app_ = ann_.Enroll();
  const std::string token = Remembered();
  const auto recovered = Call(Asking(ann_.backup_codes()[0]));
  ASSERT_EQ(Reason(recovered), "ok");
  EXPECT_FALSE(recovered->has_new_grant());
  EXPECT_EQ(Listed(), 0);
  EXPECT_EQ(Reason(Check(token)), "GRANT_REJECTED");
}

TEST_P(GrantEnds, T49_EndWithWhatTheyRestOn) {
  app_ = ann_.Enroll();
  const App second = EnrollAnother(ann_, v1::METHOD_TYPE_TOTP, app_.CodeAt(harness_.clock().Now()));
  const auto proof = [&](auto request) {
    request.set_proof_code(Code(app_));
    return request;
  };
  const auto ends = [&](const char* what, const auto& request, bool expected = true) {
    const std::string token = Remembered();
    EXPECT_EQ(Reason(Call(request())), "ok") << what;
    EXPECT_EQ(Reason(Check(token)), expected ? "GRANT_REJECTED" : "ok") << what;
  };
  const auto update = [&](const char* path, bool enabled) {
    auto request = ann_.About<v1::UpdateMethodRequest>();
    request.set_method_id(second.method_id());
    request.set_enabled(enabled);
    request.mutable_update_mask()->add_paths(path);
    return proof(request);
  };
  ends(
      "a name", [&] { return update("description", true); }, false);
  ends("disable", [&] { return update("enabled", false); });
  ends(
      "enable", [&] { return update("enabled", true); }, false);
  ends(
      "new backup codes", [&] { return proof(ann_.About<v1::RotateBackupCodesRequest>()); }, false);
  ends("no backup codes", [&] { return proof(ann_.About<v1::DeleteBackupCodesRequest>()); });
  ends(
      "unlock", [&] { return ann_.About<v1::UnlockSubjectRequest>(); }, false);
  ends("delete", [&] {
    auto request = ann_.About<v1::DeleteMethodRequest>();
    request.set_method_id(second.method_id());
    return proof(request);
  });
  ends("resync", [&] {
    harness_.clock().Advance(10 * kStep);
    const UnixMillis now = harness_.clock().Now();
    return ResyncOf(ann_, app_, app_.CodeAt(now, -1), app_.CodeAt(now));
  });
  ends("reset", [&] { return ann_.About<v1::ResetSubjectRequest>(); });
}

TEST_P(GrantEnds, APendingMethodThatIsDeletedEndsNone) {
  app_ = ann_.Enroll();
  auto enroll = ann_.About<v1::EnrollRequest>();
  enroll.set_proof_code(Code(app_));
  const auto pending = Call(enroll);
  const std::string token = Remembered();
  auto remove = ann_.About<v1::DeleteMethodRequest>();
  remove.set_method_id(pending->method().method_id());
  remove.set_proof_code(Code(app_));
  ASSERT_EQ(Reason(Call(remove)), "ok");
  EXPECT_EQ(Reason(Check(token)), "ok");
}

TEST_P(GrantEnds, T49_EndWhenASecurityKeySeemsToBeCopied) {
  app_ = ann_.Enroll();
  SoftwareKey key{SoftwareKey::Settings()};
  auto enroll = ann_.About<v1::EnrollRequest>();
  enroll.set_type(v1::METHOD_TYPE_SECURITY_KEY);
  enroll.set_proof_code(Code(app_));
  const auto enrolled = Call(enroll);
  ASSERT_EQ(Reason(enrolled), "ok");
  auto confirm = ann_.About<v1::ConfirmEnrollmentRequest>();
  confirm.set_method_id(enrolled->method().method_id());
  confirm.set_webauthn_credential_json(*key.Create(enrolled->webauthn_creation_options_json()));
  ASSERT_EQ(Reason(Call(confirm)), "ok");
  const auto login = [&](std::optional<uint32_t> counter) {
    auto start = ann_.About<v1::StartChallengeRequest>();
    const auto started = Call(start);
    EXPECT_EQ(Reason(started), "ok");
    harness_.clock().Advance(kStep);
    KeyKnobs knobs;
    knobs.sign_count = counter;
    auto request = ann_.About<v1::VerifyRequest>();
    request.set_challenge_id(started->challenge_id());
    request.set_webauthn_credential_json(*key.Get(started->webauthn_request_options_json(), knobs));
    return Reason(Call(request));
  };
  ASSERT_EQ(login(7), "ok");
  const std::string token = Remembered();
  EXPECT_EQ(login(7), "CODE_REJECTED");
  EXPECT_EQ(facts_.cause, Cause::kCloneSuspected);
  EXPECT_EQ(Reason(Check(token)), "GRANT_REJECTED");
  EXPECT_EQ(Record().grants_size(), 0);
}

TEST_P(GrantEnds, AreRevokedAllOrOne) {
  app_ = ann_.Enroll();
  const std::string first = Remembered();
  const std::string second = Remembered();
  const std::string third = Remembered();
  auto revoke = ann_.About<v1::RevokeGrantsRequest>();
  revoke.set_grant_id(second.substr(0, second.find('.')));
  revoke.set_request_id(NewRequestId());
  EXPECT_EQ(Call(revoke)->revoked_count(), 1);
  EXPECT_EQ(facts_.grant_id, revoke.grant_id());
  EXPECT_EQ(Call(revoke)->revoked_count(), 1) << "the same call again";
  EXPECT_EQ(Reason(Check(second)), "GRANT_REJECTED");
  EXPECT_EQ(Reason(Check(first)), "ok");
  revoke.set_request_id("");
  EXPECT_EQ(Call(revoke)->revoked_count(), 0);
  EXPECT_EQ(facts_.grant_id, "") << "the caller's text stays out of the audit log";
  revoke.set_grant_id(std::string(65, 'a'));
  EXPECT_EQ(Reason(Call(revoke)), "INVALID_REQUEST");
  revoke.clear_grant_id();
  EXPECT_EQ(Call(revoke)->revoked_count(), 2);
  EXPECT_EQ(Reason(Check(third)), "GRANT_REJECTED");
  v1::RevokeGrantsRequest nobody;
  nobody.set_user_id("nobody");
  nobody.set_request_id(NewRequestId());
  EXPECT_EQ(Call(nobody)->revoked_count(), 0);
  EXPECT_FALSE(Stored(harness_.storage(), "nobody").has_value());
}

INSTANTIATE_TEST_SUITE_P(Storages, GrantEnds, testing::Values("memory:", "sqlite:"), &Grants::NameOf);

}  // namespace
}  // namespace twofold
