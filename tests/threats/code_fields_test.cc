// Every way to a verdict passes the same guards.

#include <map>
#include <set>

#include "absl/strings/match.h"
#include "google/protobuf/descriptor.h"
#include "google/rpc/error_details.pb.h"
#include "tests/threats/threat_test.h"

namespace twofold {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

// A user with an active device, a pending one and backup codes, and a wrong code.
struct Target {
  explicit Target(EngineHarness& harness) : user(harness, "ann"), app(user.Enroll()) {
    auto enroll = user.About<v1::EnrollRequest>();
    enroll.set_proof_code(app.CodeAt(harness.clock().Now()));
    pending = harness.Call(enroll)->method().method_id();
    harness.clock().Advance(100 * kMillisPerSecond);
    wrong = app.WrongCode(harness.clock().Now());
  }

  User user;
  App app;
  std::string pending;
  std::string wrong;
};

// By full name of the field that carries the code: sends the target's wrong one.
using Driver = std::function<absl::Status(EngineHarness& harness, const Target& target)>;

std::string ReasonOfError(const absl::Status& status) { return v1::ErrorReason_Name(ReasonOf(status)); }

// The field that a BadRequest names.
std::string BadField(const absl::Status& status) {
  const auto payload = status.GetPayload("type.googleapis.com/google.rpc.BadRequest");
  google::rpc::BadRequest bad;
  if (!payload.has_value() || !bad.ParseFromString(std::string(*payload))) return "";
  return bad.field_violations_size() == 1 ? bad.field_violations(0).field() : "";
}

const std::map<std::string, Driver>& Drivers() {
  static const auto& drivers = *new std::map<std::string, Driver>{
      {"twofold.v1.VerifyRequest.code",
       [](EngineHarness& harness, const Target& target) {
         return harness.Call(VerifyOf(target.user, target.wrong)).status();
       }},
      {"twofold.v1.ConfirmEnrollmentRequest.code",
       [](EngineHarness& harness, const Target& target) {
         auto request = target.user.About<v1::ConfirmEnrollmentRequest>();
         request.set_method_id(target.pending);
         request.set_code(target.wrong);
         return harness.Call(request).status();
       }},
      {"twofold.v1.ResyncMethodRequest.codes",
       [](EngineHarness& harness, const Target& target) {
         return harness.Call(ResyncOf(target.user, target.app, target.wrong, target.wrong)).status();
       }},
      {"twofold.v1.EnrollRequest.proof_code",
       [](EngineHarness& harness, const Target& target) {
         auto request = target.user.About<v1::EnrollRequest>();
         request.set_proof_code(target.wrong);
         return harness.Call(request).status();
       }},
      {"twofold.v1.RotateBackupCodesRequest.proof_code",
       [](EngineHarness& harness, const Target& target) {
         auto request = target.user.About<v1::RotateBackupCodesRequest>();
         request.set_proof_code(target.wrong);
         return harness.Call(request).status();
       }},
      {"twofold.v1.UpdateMethodRequest.proof_code",
       [](EngineHarness& harness, const Target& target) {
         auto request = target.user.About<v1::UpdateMethodRequest>();
         request.set_method_id(target.app.method_id());
         request.set_enabled(true);
         request.mutable_update_mask()->add_paths("enabled");
         request.set_proof_code(target.wrong);
         return harness.Call(request).status();
       }},
      {"twofold.v1.DeleteMethodRequest.proof_code",
       [](EngineHarness& harness, const Target& target) {
         auto request = target.user.About<v1::DeleteMethodRequest>();
         request.set_method_id(target.app.method_id());
         request.set_proof_code(target.wrong);
         return harness.Call(request).status();
       }},
      {"twofold.v1.DeleteBackupCodesRequest.proof_code",
       [](EngineHarness& harness, const Target& target) {
         auto request = target.user.About<v1::DeleteBackupCodesRequest>();
         request.set_proof_code(target.wrong);
         return harness.Call(request).status();
       }},
  };
  return drivers;
}

constexpr char kTwoCodes[] = "twofold.v1.ResyncMethodRequest.codes";

// A user's code is a text. PortableMethod.backup_codes is a message with hashes.
bool CarriesACode(const FieldDescriptor& field) {
  if (field.type() != FieldDescriptor::TYPE_STRING) return false;
  const std::string& name = field.name();
  return name == "code" || name == "codes" || absl::EndsWith(name, "_code") || absl::EndsWith(name, "_codes");
}

// Adds the fields that carry codes, those of messages within included.
void FindCodes(const Descriptor& message, std::set<const Descriptor*>& seen, std::set<std::string>& found) {
  if (!seen.insert(&message).second) return;
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    if (CarriesACode(field)) found.insert(field.full_name());
    if (field.message_type() != nullptr) FindCodes(*field.message_type(), seen, found);
  }
}

std::set<std::string> FieldsWithCodes() {
  std::set<const Descriptor*> seen;
  std::set<std::string> found;
  for (const auto* file :
       {v1::VerifyRequest::descriptor()->file(), v1::ResetSubjectRequest::descriptor()->file()}) {
    for (int i = 0; i < file->service_count(); ++i) {
      for (int j = 0; j < file->service(i)->method_count(); ++j) {
        FindCodes(*file->service(i)->method(j)->input_type(), seen, found);
      }
    }
  }
  return found;
}

TEST(EveryCodeField, T14_AFieldThatCarriesACodeHasADriverHere) {
  std::set<std::string> driven;
  for (const auto& [field, driver] : Drivers()) driven.insert(field);
  EXPECT_EQ(FieldsWithCodes(), driven);
}

// Security keys answer in these. An answer cannot be guessed, so it has no part in the budget:
// SecurityKeys.T14_AWrongAnswerCostsNothingButAnAttempt drives them.
TEST(EveryCodeField, T14_AFieldThatCarriesACredentialIsKnown) {
  std::set<std::string> found;
  const auto* const file = v1::VerifyRequest::descriptor()->file();
  for (int i = 0; i < file->message_type_count(); ++i) {
    const Descriptor& message = *file->message_type(i);
    const FieldDescriptor* const field = message.FindFieldByName("webauthn_credential_json");
    if (field != nullptr) found.insert(message.name());
  }
  EXPECT_EQ(found, (std::set<std::string>{"ConfirmEnrollmentRequest", "DeleteBackupCodesRequest",
                                          "DeleteMethodRequest", "EnrollRequest", "RotateBackupCodesRequest",
                                          "UpdateMethodRequest", "VerifyRequest"}));
}

class EveryCode : public testing::TestWithParam<Setting> {};
INSTANTIATE_TEST_SUITE_P(, EveryCode, EveryStorage(), SettingName);

TEST_P(EveryCode, T14_EveryFieldSpendsTheOneBudget) {
  EngineHarness harness(GetParam().storage, OpenLimits());
  const Target target(harness);
  const auto budget = [&] { return RecordOf(harness.storage(), "ann").budget(); };
  int failures = 0;
  int64_t slow = budget().long_term_full_time();
  for (const auto& [field, driver] : Drivers()) {
    EXPECT_EQ(ReasonOfError(driver(harness, target)), "CODE_REJECTED") << field;
    EXPECT_EQ(budget().consecutive_failures(), ++failures) << field;
    EXPECT_GT(budget().long_term_full_time(), slow) << field;
    slow = budget().long_term_full_time();
  }
}

TEST_P(EveryCode, T14_EveryFieldIsRefusedUnderALock) {
  EngineHarness harness(GetParam().storage, OpenLimits());
  const Target target(harness);
  Tamper(harness.storage(), "ann", [&](internal::v1::SubjectRecord& record) {
    record.mutable_budget()->set_locked_until(harness.clock().Now() + 60'000);
  });
  const std::string before = RecordOf(harness.storage(), "ann").SerializeAsString();
  for (const auto& [field, driver] : Drivers()) {
    // Two consecutive codes are a way out: judged, and free.
    EXPECT_EQ(ReasonOfError(driver(harness, target)), field == kTwoCodes ? "CODE_REJECTED" : "LOCKED")
        << field;
    EXPECT_EQ(RecordOf(harness.storage(), "ann").SerializeAsString(), before) << field;
  }
}

TEST_P(EveryCode, T32_WhatIsNoCodeIsNamedAsTheUsersMistakeAndCostsNothing) {
  EngineHarness harness(GetParam().storage, OpenLimits());
  Target target(harness);
  Limits limits = OpenLimits();
  limits.login_limit.attempts = 1;
  limits.resync_limit.attempts = 1;
  limits.backup_limit.attempts = 1;
  harness.Restart(limits);
  const std::string before = RecordOf(harness.storage(), "ann").SerializeAsString();
  for (const char* mistyped : {"12345", "123 456", "l23456", "2345-6789-ABCD"}) {
    target.wrong = mistyped;
    for (const auto& [field, driver] : Drivers()) {
      const absl::Status status = driver(harness, target);
      EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << field;
      EXPECT_EQ(ReasonOfError(status), "MALFORMED_CODE") << field;
      const std::string named = BadField(status);
      EXPECT_EQ(named.substr(0, named.find('[')), field.substr(field.rfind('.') + 1));
    }
  }
  EXPECT_EQ(RecordOf(harness.storage(), "ann").SerializeAsString(), before);
  EXPECT_EQ(Reason(target.user.Verify(target.app.CodeAt(harness.clock().Now()))), "ok");
}

TEST_P(EveryCode, T14_EveryFieldPassesTheRateLimiter) {
  for (const auto& [field, driver] : Drivers()) {
    EngineHarness harness(GetParam().storage, OpenLimits());
    const Target target(harness);
    Limits limits = OpenLimits();
    (field == kTwoCodes ? limits.resync_limit : limits.login_limit).attempts = 1;
    harness.Restart(limits);
    EXPECT_EQ(ReasonOfError(driver(harness, target)), "CODE_REJECTED") << field;
    EXPECT_EQ(ReasonOfError(driver(harness, target)), "RATE_LIMITED") << field;
  }
}

}  // namespace
}  // namespace twofold
