// A record is what the storage gives, and somebody may have changed it there. Calls on any record
// end with an answer or with a reason. What they write can be read again, and no counter of used
// codes goes back.

#include <google/protobuf/stubs/logging.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>

#include "common/async.h"
#include "crypto/bytes.h"
#include "crypto/otp.h"
#include "crypto/system_random.h"
#include "server/builtins.h"
#include "server/methods/otp/otpauth_uri.h"
#include "server/methods/sealed.h"
#include "server/rules/grant_record.h"
#include "server/rules/record.h"
#include "storage/keys.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/harness/user.h"

namespace {

using twofold::internal::v1::Method;
using twofold::internal::v1::SubjectRecord;

constexpr char kUser[] = "ann";
constexpr char kSecret[] = "12345678901234567890";
constexpr char kBackupCode[] = "2345-6789-ABCD-EFGH";

void Require(bool condition) {
  if (!condition) std::abort();
}

// A server whose one record is the input.
class Server {
 public:
  // False: the storage does not take so many bytes.
  bool Store(const std::string& bytes) {
    const auto old = twofold::SyncWait(harness_.storage().Get(key_));
    if (old.ok()) Require(twofold::SyncWait(harness_.storage().Delete(key_, old->version)).ok());
    return twofold::SyncWait(harness_.storage().Put(key_, bytes, twofold::kAbsent, 1)).ok();
  }

  std::string Stored() {
    const auto stored = twofold::SyncWait(harness_.storage().Get(key_));
    return stored.ok() ? stored->bytes : std::string();
  }

  // Seals the test's secret for the OTP methods whose parameters somebody could have enrolled.
  void SealSecrets(SubjectRecord& record) {
    const twofold::Subject subject("", kUser);
    const twofold::WorkResults none;
    const twofold::MethodContext context{harness_.ring(), twofold::SystemRandom(), subject, 0, none};
    for (Method& method : *record.mutable_methods()) {
      const auto& otp = method.otp();
      const bool is_totp = method.type() == twofold::v1::METHOD_TYPE_TOTP;
      if (!is_totp && method.type() != twofold::v1::METHOD_TYPE_HOTP) continue;
      if (otp.digits() < twofold::kMinOtpDigits || otp.digits() > twofold::kMaxOtpDigits) continue;
      if (is_totp && (otp.period_seconds() < twofold::kMinPeriodSeconds ||
                      otp.period_seconds() > twofold::kMaxPeriodSeconds)) {
        continue;
      }
      SealSecret(context, *authenticators_.Find(method.type()), twofold::SecretBytes::FromString(kSecret),
                 method);
    }
  }

  // The code that the method takes next.
  std::string CodeOf(const Method& method) {
    const auto& otp = method.otp();
    const bool is_totp = method.type() == twofold::v1::METHOD_TYPE_TOTP && otp.period_seconds() > 0;
    const auto middle = is_totp ? twofold::TimeStep(harness_.clock().Now(), otp.period_seconds()) : 0;
    const int64_t counter = is_totp ? middle + otp.clock_offset() : otp.next_counter();
    if (counter < 0 || otp.digits() < twofold::kMinOtpDigits || otp.digits() > twofold::kMaxOtpDigits) {
      return "000000";
    }
    const absl::string_view secret = kSecret;
    return twofold::ComputeOtp(twofold::AsBytes(secret),
                               twofold::OtpParameters(twofold::HashAlgorithm::kSha1, otp.digits()), counter);
  }

  template <typename Request>
  bool Call(Request request) {
    request.set_user_id(kUser);
    const auto answer = harness_.Call(request);
    Require(answer.ok() || twofold::ReasonOf(answer.status()) != twofold::v1::ERROR_REASON_UNSPECIFIED);
    return answer.ok();
  }

  bool Verify(const std::string& code) {
    twofold::v1::VerifyRequest request;
    request.set_code(code);
    return Call(request);
  }

  // Every kind of call. `id` and `code` are of one of its methods.
  void Use(const std::string& id, const std::string& code) {
    Call(twofold::v1::ListMethodsRequest());
    twofold::v1::UpdateMethodRequest update;
    update.set_method_id(id);
    update.set_preferred(true);
    update.mutable_update_mask()->add_paths("preferred");
    Call(update);
    twofold::v1::ConfirmEnrollmentRequest confirm;
    confirm.set_method_id(id);
    confirm.set_code(code);
    Call(confirm);
    twofold::v1::ResyncMethodRequest resync;
    resync.set_method_id(id);
    resync.add_codes(code);
    resync.add_codes(code);
    Call(resync);
    twofold::v1::RotateBackupCodesRequest rotate;
    rotate.set_proof_code(code);
    Call(rotate);
    twofold::v1::EnrollRequest enroll;
    enroll.set_proof_code(code);
    enroll.set_secret_base32("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    Call(enroll);
    twofold::v1::DeleteMethodRequest remove;
    remove.set_method_id(id);
    remove.set_proof_code(kBackupCode);
    Call(remove);
    twofold::v1::RevokeGrantsRequest revoke;
    revoke.set_grant_id(id);
    Call(revoke);
    Call(twofold::v1::UnlockSubjectRequest());
  }

  // Nobody can seal a grant that is written into the storage.
  void CheckGrants(const SubjectRecord& record) {
    twofold::v1::CheckGrantRequest check;
    for (const auto& grant : record.grants()) {
      check.set_grant(grant.grant_id() + ".aaaa");
      Require(!Call(check));
    }
    check.set_grant("none");
    Require(!Call(check));
  }

  twofold::UnixMillis Now() { return harness_.clock().Now(); }
  const twofold::Limits& limits() { return harness_.limits(); }
  const twofold::Authenticators& authenticators() const { return authenticators_; }

 private:
  const twofold::Authenticators authenticators_ = twofold::BuiltinAuthenticators({.issuer = "Twofold"});
  const std::string key_ = twofold::SubjectKey("", kUser);
  twofold::EngineHarness harness_{"memory:", twofold::OpenLimits()};
};

// By method id, as far as one has it alone.
std::map<std::string, int64_t> CountersOf(const SubjectRecord& record) {
  std::map<std::string, int64_t> counters;
  std::map<std::string, int> owners;
  for (const Method& method : record.methods()) {
    if (++owners[method.method_id()] == 1) counters[method.method_id()] = method.otp().next_counter();
  }
  for (const auto& [id, count] : owners) {
    if (count > 1) counters.erase(id);
  }
  return counters;
}

void CheckWritten(const SubjectRecord& before, const std::string& bytes) {
  if (bytes.empty()) return;
  const auto after = twofold::ParseRecord(bytes);
  Require(after.ok());
  const std::map<std::string, int64_t> now = CountersOf(*after);
  for (const auto& [id, counter] : CountersOf(before)) {
    const auto same = now.find(id);
    Require(same == now.end() || same->second >= counter);
  }
}

void CheckRefresh(const Server& server, const twofold::Limits& limits, twofold::UnixMillis now,
                  SubjectRecord record) {
  twofold::Refresh(limits, now, record);
  const std::string once = record.SerializeAsString();
  Require(!twofold::Refresh(limits, now, record));
  Require(record.SerializeAsString() == once);
  for (const Method& method : record.methods()) {
    Require(ShowMethod(server.authenticators(), method).method_id() == method.method_id());
  }
  for (const auto& grant : record.grants()) Require(twofold::ShowGrant(grant).grant_id() == grant.grant_id());
}

// The first byte says whether the methods have a secret that opens. The rest is a record.
void Run(const uint8_t* data, size_t size) {
  // It would write a line about each text that is not UTF-8.
  [[maybe_unused]] static auto* const silenced = google::protobuf::SetLogHandler(nullptr);
  static Server& server = *new Server;
  if (size == 0) return;
  const std::string bytes(data + 1, data + size);
  absl::StatusOr<SubjectRecord> record = twofold::ParseRecord(bytes);
  if (!record.ok()) {
    if (!server.Store(bytes)) return;
    Require(!server.Verify("000000"));
    server.Use("backup", "000000");
    Require(server.Stored() == bytes);
    return;
  }
  const bool has_secrets = data[0] % 2 != 0;
  if (has_secrets) server.SealSecrets(*record);
  const std::string written = twofold::SerializeRecord(*record);
  const auto read = twofold::ParseRecord(written);
  Require(read.ok() && twofold::SerializeRecord(*read) == written);
  CheckRefresh(server, server.limits(), server.Now(), *record);

  if (!server.Store(written)) return;
  const bool has_method = !record->methods().empty();
  const std::string id = has_method ? record->methods(0).method_id() : "none";
  const std::string code = has_method ? server.CodeOf(record->methods(0)) : "000000";
  const bool accepted = server.Verify(code);
  Require(has_secrets || !accepted);
  Require(!server.Verify(kBackupCode));
  server.CheckGrants(*record);
  CheckWritten(*record, server.Stored());
  const std::map<std::string, int64_t> counters = CountersOf(*record);
  const bool has_twins = counters.size() != static_cast<size_t>(record->methods_size());
  Require(!accepted || has_twins || CountersOf(*twofold::ParseRecord(server.Stored())) != counters);
  server.Use(id, code);
  CheckWritten(*record, server.Stored());
}

[[maybe_unused]] const bool kAdded = twofold::AddFuzzTarget("record", &Run, 500);

}  // namespace
