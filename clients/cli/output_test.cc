// Tests of the output that a person or a script sees of answers and errors.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/harness/command_fixture.h"
#include "twofold/v1/admin_service.pb.h"
#include "twofold/v1/two_factor_service.pb.h"

namespace twofold {
namespace {

using ::testing::SizeIs;
using Arguments = std::vector<std::string>;
using google::protobuf::Struct;

TEST_F(CommandTest, RefusalIsOneLineAndExitCodeOne) {
  server_.RefuseNext(MakeStatus(Rejected()));
  const Outcome outcome = Run({"verify", "ann", "123456"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err, "twofold: code rejected\n");
}

TEST_F(CommandTest, RefusalAsJson) {
  CallError locked = {
      .code = grpc::StatusCode::RESOURCE_EXHAUSTED, .reason = "LOCKED", .retry_delay = absl::Seconds(28)};
  server_.RefuseNext(MakeStatus(locked));
  const Outcome outcome = Run({"verify", "ann", "123456", "--json"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.err, "");
  const Struct json = FromJson(outcome.out);
  EXPECT_EQ(TextAt(Member(json, "error"), "reason"), "LOCKED");
  EXPECT_EQ(Member(json, "error").fields().at("retryAfterSeconds").number_value(), 28);
}

TEST_F(CommandTest, MessageOfTheServerCannotMoveTheCursor) {
  server_.RefuseNext(
      MakeStatus({.code = grpc::StatusCode::ABORTED, .message = "a\x1b[2J\nb", .reason = "CONFLICT"}));
  EXPECT_EQ(Run({"methods", "ann"}).err, "twofold: a\\x1b[2J\\x0ab\n");
}

TEST_F(CommandTest, EveryCommandRefusesWithCodeOneAndJson) {
  const Arguments kCommands[] = {
      {"enroll", "ann"},
      {"confirm", "ann", "m1", "1"},
      {"challenge", "ann"},
      {"verify", "ann", "1"},
      {"resync", "ann", "m1", "1", "2"},
      {"methods", "ann"},
      {"method", "rename", "ann", "m1", "x"},
      {"method", "disable", "ann", "m1"},
      {"method", "enable", "ann", "m1"},
      {"method", "prefer", "ann", "m1"},
      {"method", "delete", "ann", "m1"},
      {"backup-codes", "rotate", "ann"},
      {"backup-codes", "delete", "ann"},
      {"grants", "ann"},
      {"revoke-grants", "ann"},
      {"admin", "unlock", "ann"},
      {"admin", "reset", "ann", "--yes"},
  };
  server_.Answer(FromText<v1::UnlockSubjectResponse>("had_record: true"));
  server_.Answer(FromText<v1::ResetSubjectResponse>("had_record: true"));
  server_.Answer(FromText<v1::StartChallengeResponse>("sent {}"));
  for (Arguments arguments : kCommands) {
    SCOPED_TRACE(::testing::PrintToString(arguments));
    server_.RefuseNext(MakeStatus(Rejected()));
    EXPECT_EQ(Run(arguments).err, "twofold: code rejected\n");
    arguments.push_back("--json");
    server_.RefuseNext(MakeStatus(Rejected()));
    const Outcome refused = Run(arguments);
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_EQ(TextAt(Member(FromJson(refused.out), "error"), "reason"), "CODE_REJECTED");
    const Outcome done = Run(arguments);
    EXPECT_EQ(done.exit_code, 0);
    FromJson(done.out);
    EXPECT_EQ(done.out.find('\n'), done.out.size() - 1);
  }
}

TEST_F(CommandTest, MethodsAreATable) {
  server_.Answer(FromText<v1::ListMethodsResponse>(
      "methods { method_id: 'm1' type: METHOD_TYPE_TOTP state: METHOD_STATE_ACTIVE description: \"Ann's "
      "\\033[31mphone\" "
      "  last_used_time { seconds: 1714559696 } totp {} } "
      "methods { method_id: 'method2' type: METHOD_TYPE_HOTP state: METHOD_STATE_DISABLED description: "
      "'Token' hotp {} } "
      "methods { method_id: 'backup' type: METHOD_TYPE_BACKUP_CODES state: METHOD_STATE_ACTIVE "
      "  backup_codes { total: 10 remaining: 8 } } "
      "second_factor_required: true has_record: true locked_until { seconds: 1714559700 }"));
  EXPECT_EQ(Run({"methods", "ann"}).out,
            "   STATE     TYPE          METHOD ID  LAST USED                  DESCRIPTION\n"
            "*  active    totp          m1         2024-05-01T10:34:56+00:00  Ann's \\x1b[31mphone\n"
            "   disabled  hotp          method2    never                      Token\n"
            "   active    backup_codes  backup     never                      8 of 10 left\n"
            "Second factor required: yes\n"
            "Locked until 2024-05-01T10:35:00+00:00.\n");
}

TEST_F(CommandTest, MethodsShowWhatMattersOfKeysAndSentCodes) {
  server_.Answer(FromText<v1::ListMethodsResponse>(
      "methods { method_id: 'm1' type: METHOD_TYPE_SECURITY_KEY state: METHOD_STATE_ACTIVE description: "
      "'Blue' "
      "  security_key { rp_id: 'example.org' backup_eligible: true backed_up: true } } "
      "methods { method_id: 'm2' type: METHOD_TYPE_SECURITY_KEY state: METHOD_STATE_ACTIVE "
      "  security_key { rp_id: 'example\\033.org' backup_eligible: true } } "
      "methods { method_id: 'm3' type: METHOD_TYPE_SMS state: METHOD_STATE_ACTIVE restricted: true "
      "  sent_code { masked_destination: '+***78' } } has_record: true second_factor_required: true"));
  EXPECT_EQ(Run({"methods", "ann"}).out,
            "   STATE   TYPE          METHOD ID  LAST USED  DESCRIPTION\n"
            "*  active  security_key  m1         never      Blue (example.org, backed up)\n"
            "   active  security_key  m2         never      example\\x1b.org\n"
            "   active  sms           m3         never      +***78, restricted\n"
            "Second factor required: yes\n");
}

TEST_F(CommandTest, RememberedDevicesAreATable) {
  EXPECT_EQ(Run({"grants", "ann"}).out, "No remembered devices.\n");
  server_.Answer(FromText<v1::ListMethodsResponse>(
      "grants { grant_id: 'g1' caller: 'shop' description: 'Firefox\\n' create_time { seconds: 1714559600 } "
      "  expire_time { seconds: 1714559700 } last_used_time { seconds: 1714559696 } } "
      "grants { grant_id: 'grant2' caller: 'a' expire_time { seconds: 1714559700 } }"));
  EXPECT_EQ(Run({"grants", "ann"}).out,
            "GRANT ID  CALLER  LAST USED                  EXPIRES                    DESCRIPTION\n"
            "g1        shop    2024-05-01T10:34:56+00:00  2024-05-01T10:35:00+00:00  Firefox\\x0a\n"
            "grant2    a       never                      2024-05-01T10:35:00+00:00\n");
  server_.Answer(FromText<v1::RevokeGrantsResponse>("revoked_count: 2"));
  EXPECT_EQ(Run({"revoke-grants", "ann"}).out, "devices forgotten: 2\n");
}

TEST_F(CommandTest, NoMethods) {
  server_.Answer(FromText<v1::ListMethodsResponse>("has_record: true"));
  EXPECT_EQ(Run({"methods", "ann"}).out, "No methods.\nSecond factor required: no\n");
}

TEST_F(CommandTest, AUserWithoutARecordIsCalledThat) {
  const Outcome methods = Run({"methods", "annn"});
  EXPECT_EQ(methods.exit_code, 0);
  EXPECT_EQ(methods.out, "No methods: there is no record of annn.\nSecond factor required: no\n");
  const Arguments kCommands[] = {{"admin", "unlock", "an\x1bn"}, {"admin", "reset", "an\x1bn", "--yes"}};
  for (Arguments arguments : kCommands) {
    arguments.insert(arguments.end(), {"--tenant", "acme"});
    const Outcome outcome = Run(arguments);
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(outcome.err, "twofold: there is no record of an\\x1bn in tenant acme: is the name right?\n");
    arguments.push_back("--json");
    const Outcome as_json = Run(arguments);
    EXPECT_EQ(as_json.exit_code, 1);
    EXPECT_EQ(TextAt(Member(FromJson(as_json.out), "error"), "code"), "NOT_FOUND");
  }
}

TEST_F(CommandTest, JsonShowsDefaultsToo) {
  const Struct json = FromJson(Run({"methods", "ann", "--json"}).out);
  EXPECT_FALSE(json.fields().at("secondFactorRequired").bool_value());
}

TEST_F(CommandTest, FewBackupCodesAreMentioned) {
  server_.Answer(FromText<v1::VerifyResponse>(
      "method { method_id: 'backup' } backup_codes_remaining: 2 backup_codes_low: true"));
  EXPECT_EQ(Run({"verify", "ann", "aaaa-bbbb"}).out,
            "accepted: backup\nBackup codes left: 2. New ones come from: twofold backup-codes rotate\n");
}

constexpr char kOneAuthenticator[] =
    "methods { method_id: 'm1' type: METHOD_TYPE_TOTP state: METHOD_STATE_ACTIVE description: \"Ann's\" } "
    "methods { method_id: 'm2' type: METHOD_TYPE_TOTP state: METHOD_STATE_PENDING } "
    "methods { method_id: 'backup' type: METHOD_TYPE_BACKUP_CODES state: METHOD_STATE_ACTIVE "
    "  backup_codes { total: 10 remaining: 6 } } has_record: true second_factor_required: true ";

TEST_F(CommandTest, TheLastAuthenticatorIsDeletedOnlyWhenAPersonAgrees) {
  server_.Answer(FromText<v1::ListMethodsResponse>(kOneAuthenticator));
  server_.Answer(FromText<v1::DeleteMethodResponse>("deleted_backup_codes: 6"));
  for (const bool yes : {false, true}) {
    CommandProcess command(At({"method", "delete", "ann", "m1"}), CommandProcess::Input::kTerminal);
    command.AwaitErr(
        "m1 \"Ann's\" is the last authenticator of ann. Deleting it turns the second factor off, and unused "
        "backup "
        "codes stop working: 6. Delete it? Type yes: ");
    command.Write(yes ? "yes\n" : "y\n");
    if (!yes) command.AwaitErr("nothing was changed");
    if (yes) {
      command.AwaitOut(
          "deleted: m1\nUnused backup codes that were deleted with it: 6\nSecond factor required: no\n");
    }
    EXPECT_EQ(command.Finish().exit_code, yes ? 0 : 1);
    EXPECT_THAT(server_.Requests<v1::DeleteMethodRequest>(), SizeIs(yes ? 1 : 0));
  }
}

TEST_F(CommandTest, AScriptDeletesTheLastAuthenticatorOnlyWithYes) {
  server_.Answer(FromText<v1::ListMethodsResponse>(kOneAuthenticator));
  const Outcome refused = Run({"method", "delete", "ann", "m1"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_EQ(refused.err.rfind("twofold: m1 is the last authenticator of ann, and nobody can be asked", 0), 0)
      << refused.err;
  EXPECT_EQ(Run({"method", "delete", "ann", "m1", "--json"}).exit_code, 2);
  EXPECT_THAT(server_.Requests<v1::DeleteMethodRequest>(), SizeIs(0));
  EXPECT_EQ(Run({"method", "delete", "ann", "m1", "--yes"}).exit_code, 0);
  // A pending authenticator does not count.
  EXPECT_EQ(Run({"method", "delete", "ann", "m2"}).exit_code, 0);
  EXPECT_THAT(server_.Requests<v1::DeleteMethodRequest>(), SizeIs(2));
}

TEST_F(CommandTest, AnAuthenticatorThatIsNotTheLastIsDeletedWithoutAQuestion) {
  server_.Answer(FromText<v1::ListMethodsResponse>(absl::StrCat(
      kOneAuthenticator, "methods { method_id: 'm3' type: METHOD_TYPE_HOTP state: METHOD_STATE_DISABLED }")));
  server_.Answer(FromText<v1::DeleteMethodResponse>("second_factor_required: true"));
  const Outcome outcome = Run({"method", "delete", "ann", "m1"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.out, "deleted: m1\nSecond factor required: yes\n");
}

TEST_F(CommandTest, ResetAsksAPersonFirst) {
  server_.Answer(FromText<v1::ResetSubjectResponse>("had_record: true"));
  for (const bool yes : {false, true}) {
    CommandProcess command(At({"admin", "reset", "ann"}), CommandProcess::Input::kTerminal);
    command.AwaitErr("Type yes: ");
    command.Write(yes ? "yes\n" : "y\n");
    if (yes) command.AwaitOut("Removed authenticators: 0");
    if (!yes) command.AwaitErr("nothing was changed");
    EXPECT_EQ(command.Finish().exit_code, yes ? 0 : 1);
    EXPECT_THAT(server_.Requests<v1::ResetSubjectRequest>(), SizeIs(yes ? 1 : 0));
  }
}

}  // namespace
}  // namespace twofold
