// Tests of the request that each command line sends.
#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "tests/harness/command_process.h"
#include "tests/harness/scripted_server.h"
#include "twofold/v1/admin_service.pb.h"
#include "twofold/v1/two_factor_service.pb.h"

namespace twofold {
namespace {

using ::testing::SizeIs;
using Arguments = std::vector<std::string>;

constexpr char kRequestId[] = "b1c6a5a4-8f2e-4d6e-9a52-3f3d9e7b0c11";

class RequestsTest : public ::testing::Test {
 protected:
  // Runs the command and expects that it sent exactly `expected` (text format), all else unset.
  template <typename Request>
  void ExpectSent(Arguments arguments, const std::string& expected, const std::string& input = "") {
    SCOPED_TRACE(::testing::PrintToString(arguments));
    arguments.insert(arguments.end(), {"--address", server_.address(), "--request-id", kRequestId});
    const size_t before = server_.Requests<Request>().size();
    const Outcome outcome = RunCommand(arguments, input);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    const auto requests = server_.Requests<Request>();
    ASSERT_THAT(requests, SizeIs(before + 1));
    Request want;
    ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(expected, &want));
    if constexpr (requires { want.set_request_id(kRequestId); }) want.set_request_id(kRequestId);
    EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(requests.back(), want))
        << requests.back().ShortDebugString();
  }

  static std::string File(const std::string& name, absl::string_view content) {
    const std::string path = absl::StrCat(::testing::TempDir(), "/", name);
    std::ofstream(path) << content;
    return path;
  }

  ScriptedServer server_;
};

TEST_F(RequestsTest, Enroll) {
  ExpectSent<v1::EnrollRequest>({"enroll", "ann", "--no-confirm"},
                                "user_id: 'ann' qr_format: QR_FORMAT_TEXT");
  ExpectSent<v1::EnrollRequest>({"enroll", "ann", "--json"}, "user_id: 'ann' qr_format: QR_FORMAT_NONE");
  ExpectSent<v1::EnrollRequest>(
      {"enroll",      "ann",          "--no-confirm", "--tenant",         "acme",       "--description",
       "Ann's phone", "--issuer",     "Acme",         "--account-name",   "ann@acme",   "--type",
       "hotp",        "--algorithm",  "sha512",       "--digits",         "8",          "--qr",
       "none",        "--proof-code", "654321",       "--client-address", "203.0.113.7"},
      "tenant: 'acme' user_id: 'ann' type: METHOD_TYPE_HOTP description: \"Ann's phone\" issuer: 'Acme' "
      "account_name: 'ann@acme' algorithm: ALGORITHM_SHA512 digits: 8 qr_format: QR_FORMAT_NONE "
      "proof_code: '654321' client_address: '203.0.113.7'");
  ExpectSent<v1::EnrollRequest>({"enroll", "ann", "--no-confirm", "--period", "60", "--algorithm", "sha256"},
                                "user_id: 'ann' qr_format: QR_FORMAT_TEXT "
                                "period_seconds: 60 algorithm: ALGORITHM_SHA256");
}

TEST_F(RequestsTest, ImportedSecretsComeFromFilesOrStandardInput) {
  const std::string common = "user_id: 'ann' qr_format: QR_FORMAT_NONE ";
  ExpectSent<v1::EnrollRequest>(
      {"enroll", "ann", "--json", "--import-secret-file", File("secret", "GEZDGNBV\n")},
      common + "secret_base32: 'GEZDGNBV'");
  ExpectSent<v1::EnrollRequest>(
      {"enroll", "ann", "--json", "--import-uri-file", File("uri", "otpauth://totp/a?x\r\n")},
      common + "otpauth_uri: 'otpauth://totp/a?x'");
  ExpectSent<v1::EnrollRequest>({"enroll", "ann", "--json", "--import-secret-file", "-", "--proof-code", "-"},
                                common + "secret_base32: 'GEZDGNBV' proof_code: 'abcdefghijklmnop'",
                                "GEZDGNBV\nabcd-efgh-ijkl-mnop\n");
}

TEST_F(RequestsTest, EnrollOfFurtherTypes) {
  ExpectSent<v1::EnrollRequest>(
      {"enroll", "ann", "--json", "--type", "security-key", "--description", "Blue", "--account-name",
       "ann@acme"},
      "user_id: 'ann' type: METHOD_TYPE_SECURITY_KEY description: 'Blue' account_name: 'ann@acme' "
      "qr_format: QR_FORMAT_NONE");
  ExpectSent<v1::EnrollRequest>(
      {"enroll", "ann", "--no-confirm", "--type", "sms", "--phone", "+4915112345678"},
      "user_id: 'ann' type: METHOD_TYPE_SMS phone_number: '+4915112345678' qr_format: QR_FORMAT_NONE");
  ExpectSent<v1::EnrollRequest>(
      {"enroll", "ann", "--json", "--type", "email", "--email", "ann@example.org", "--proof-credential", "-",
       "--challenge", "AQ"},
      "user_id: 'ann' type: METHOD_TYPE_EMAIL email: 'ann@example.org' qr_format: QR_FORMAT_NONE "
      "webauthn_credential_json: '{\"a\":1}' challenge_id: 'AQ'",
      "{\"a\":1}\n");
}

TEST_F(RequestsTest, Challenge) {
  v1::StartChallengeResponse response;
  response.mutable_sent();
  server_.Answer(response);
  ExpectSent<v1::StartChallengeRequest>({"challenge", "ann"}, "user_id: 'ann'");
  ExpectSent<v1::StartChallengeRequest>(
      {"challenge", "ann", "--tenant", "acme", "--type", "security-key", "--for-change"},
      "tenant: 'acme' user_id: 'ann' allowed_types: METHOD_TYPE_SECURITY_KEY for_change: true");
  ExpectSent<v1::StartChallengeRequest>(
      {"challenge", "ann", "--method-id", "m1", "--resend", "AQ", "--client-address", "::1"},
      "user_id: 'ann' method_id: 'm1' challenge_id: 'AQ' client_address: '::1'");
}

TEST_F(RequestsTest, Confirm) {
  ExpectSent<v1::ConfirmEnrollmentRequest>(
      {"confirm", "ann", "m1", "--credential", File("credential", " {} \n")},
      "user_id: 'ann' method_id: 'm1' webauthn_credential_json: ' {} \\n'");
  ExpectSent<v1::ConfirmEnrollmentRequest>(
      {"confirm", "ann", "m1", "123456", "--client-address", "::1"},
      "user_id: 'ann' method_id: 'm1' code: '123456' client_address: '::1'");
  ExpectSent<v1::ConfirmEnrollmentRequest>({"confirm", "ann", "m1", "-"},
                                           "user_id: 'ann' method_id: 'm1' code: '123456'", "123456\r\n");
}

TEST_F(RequestsTest, Verify) {
  ExpectSent<v1::VerifyRequest>({"verify", "ann", "--challenge", "AQ", "--credential", "-"},
                                "user_id: 'ann' challenge_id: 'AQ' webauthn_credential_json: '{}'", "{}");
  ExpectSent<v1::VerifyRequest>(
      {"verify", "ann", "123456", "--challenge", "AQ", "--allow", "security_key,sms"},
      "user_id: 'ann' challenge_id: 'AQ' code: '123456' allowed_types: METHOD_TYPE_SECURITY_KEY "
      "allowed_types: METHOD_TYPE_SMS");
  ExpectSent<v1::VerifyRequest>({"verify", "ann", "abcd-efgh-ijkl-mnop"},
                                "user_id: 'ann' code: 'abcdefghijklmnop'");
  ExpectSent<v1::VerifyRequest>({"verify", "ann", "123456", "--method-id", "m1", "--allow",
                                 "totp,hotp,backup_codes", "--client-address", "203.0.113.7"},
                                "user_id: 'ann' code: '123456' method_id: 'm1' allowed_types: "
                                "METHOD_TYPE_TOTP allowed_types: METHOD_TYPE_HOTP "
                                "allowed_types: METHOD_TYPE_BACKUP_CODES client_address: '203.0.113.7'");
  ExpectSent<v1::VerifyRequest>({"verify", "--allow", "backup_codes", "ann", "123456"},
                                "user_id: 'ann' code: '123456' allowed_types: METHOD_TYPE_BACKUP_CODES");
}

TEST_F(RequestsTest, CodesArriveWithoutWhatSeparatesGroups) {
  const std::string paste =
      "\xe2\x80\xaa"
      "123\xc2\xa0"
      "456\xe2\x80\xac";
  for (const std::string& pasted : {std::string("123 456"), std::string("\t123-456 "), paste}) {
    ExpectSent<v1::VerifyRequest>({"verify", "ann", pasted}, "user_id: 'ann' code: '123456'");
    ExpectSent<v1::VerifyRequest>({"verify", "ann", "-"}, "user_id: 'ann' code: '123456'", pasted + "\n");
  }
  ExpectSent<v1::ConfirmEnrollmentRequest>({"confirm", "ann", "m1", "123 456"},
                                           "user_id: 'ann' method_id: 'm1' code: '123456'");
  ExpectSent<v1::ConfirmEnrollmentRequest>({"confirm", "ann", "m1", "-"},
                                           "user_id: 'ann' method_id: 'm1' code: '123456'", "123 456\r\n");
  ExpectSent<v1::ResyncMethodRequest>({"resync", "ann", "m1", "111 111", "-"},
                                      "user_id: 'ann' method_id: 'm1' codes: '111111' codes: '222222'",
                                      "222 222\n");
  ExpectSent<v1::RotateBackupCodesRequest>({"backup-codes", "rotate", "ann", "--proof-code", " ABCD-EFGH "},
                                           "user_id: 'ann' proof_code: 'ABCDEFGH'");
}

TEST_F(RequestsTest, CodesAndNamesArriveOtherwiseUnchanged) {
  ExpectSent<v1::VerifyRequest>({"verify", "admin", "-123456"}, "user_id: 'admin' code: '-123456'");
  ExpectSent<v1::VerifyRequest>({"verify", "methods", "method"}, "user_id: 'methods' code: 'method'");
  ExpectSent<v1::VerifyRequest>({"verify", "[a,b]", ""}, "user_id: '[a,b]' code: ''");
}

TEST_F(RequestsTest, DoubleDashEndsTheOptions) {
  const Outcome outcome = RunCommand({"verify", "--address", server_.address(), "--", "--ann", "-x"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(server_.Requests<v1::VerifyRequest>().at(0).user_id(), "--ann");
  EXPECT_EQ(server_.Requests<v1::VerifyRequest>().at(0).code(), "-x");
}

TEST_F(RequestsTest, Resync) {
  ExpectSent<v1::ResyncMethodRequest>({"resync", "ann", "m1", "111111", "222222"},
                                      "user_id: 'ann' method_id: 'm1' codes: '111111' codes: '222222'");
  ExpectSent<v1::ResyncMethodRequest>(
      {"resync", "ann", "m1", "-", "-", "--client-address", "::1"},
      "user_id: 'ann' method_id: 'm1' codes: '111111' codes: '222222' client_address: '::1'",
      "111111\n222222\n");
}

TEST_F(RequestsTest, Methods) {
  ExpectSent<v1::ListMethodsRequest>({"methods", "ann", "--tenant", "acme"}, "tenant: 'acme' user_id: 'ann'");
}

TEST_F(RequestsTest, Method) {
  const std::string common = "user_id: 'ann' method_id: 'm1' ";
  ExpectSent<v1::UpdateMethodRequest>(
      {"method", "rename", "ann", "m1", "new name"},
      common + "description: 'new name' update_mask { paths: 'description' }");
  ExpectSent<v1::UpdateMethodRequest>({"method", "rename", "ann", "m1", ""},
                                      common + "update_mask { paths: 'description' }");
  ExpectSent<v1::UpdateMethodRequest>({"method", "prefer", "ann", "m1"},
                                      common + "preferred: true update_mask { paths: 'preferred' }");
  ExpectSent<v1::UpdateMethodRequest>({"method", "prefer", "ann", "m1", "--off"},
                                      common + "update_mask { paths: 'preferred' }");
  ExpectSent<v1::UpdateMethodRequest>(
      {"method", "enable", "ann", "m1", "--proof-code", "1"},
      common + "enabled: true update_mask { paths: 'enabled' } proof_code: '1'");
  ExpectSent<v1::UpdateMethodRequest>(
      {"method", "disable", "ann", "m1", "--proof-code", "1", "--client-address", "::1"},
      common + "update_mask { paths: 'enabled' } proof_code: '1' client_address: '::1'");
  ExpectSent<v1::DeleteMethodRequest>(
      {"method", "delete", "ann", "m1", "--proof-code", "-", "--client-address", "::1"},
      common + "proof_code: '123456' client_address: '::1'", "123456\n");
  ExpectSent<v1::DeleteMethodRequest>({"method", "delete", "ann", "m1", "--yes"}, common);
  for (const char* command : {"disable", "enable"}) {
    ExpectSent<v1::UpdateMethodRequest>(
        {"method", command, "ann", "m1", "--proof-credential", File("proof", "{}"), "--challenge", "AQ"},
        absl::StrCat(common,
                     "update_mask { paths: 'enabled' } challenge_id: 'AQ' webauthn_credential_json: '{}'",
                     command[0] == 'e' ? "enabled: true" : ""));
  }
}

TEST_F(RequestsTest, BackupCodes) {
  ExpectSent<v1::RotateBackupCodesRequest>(
      {"backup-codes", "rotate", "ann", "--count", "12", "--proof-code", "1"},
      "user_id: 'ann' count: 12 proof_code: '1'");
  ExpectSent<v1::DeleteBackupCodesRequest>(
      {"backup-codes", "delete", "ann", "--proof-code", "1", "--client-address", "::1"},
      "user_id: 'ann' proof_code: '1' client_address: '::1'");
}

TEST_F(RequestsTest, Grants) {
  ExpectSent<v1::ListMethodsRequest>({"grants", "ann", "--tenant", "acme"}, "tenant: 'acme' user_id: 'ann'");
  ExpectSent<v1::RevokeGrantsRequest>({"revoke-grants", "ann"}, "user_id: 'ann'");
  ExpectSent<v1::RevokeGrantsRequest>({"revoke-grants", "ann", "g1"}, "user_id: 'ann' grant_id: 'g1'");
}

TEST_F(RequestsTest, Admin) {
  v1::UnlockSubjectResponse unlocked;
  unlocked.set_had_record(true);
  server_.Answer(unlocked);
  v1::ResetSubjectResponse reset;
  reset.set_had_record(true);
  server_.Answer(reset);
  ExpectSent<v1::UnlockSubjectRequest>({"admin", "unlock", "ann", "--tenant", "acme"},
                                       "tenant: 'acme' user_id: 'ann'");
  ExpectSent<v1::ResetSubjectRequest>({"admin", "reset", "ann", "--yes"}, "user_id: 'ann'");
}

}  // namespace
}  // namespace twofold
