#include <algorithm>

#include "crypto/base32.h"
#include "crypto/bytes.h"
#include "crypto/hmac.h"
#include "google/protobuf/util/time_util.h"
#include "server/engine/decide.h"
#include "server/engine/errors.h"
#include "server/engine/past_requests.h"
#include "server/engine/record.h"
#include "server/engine/spend.h"
#include "server/methods/device_secret.h"

namespace twofold {
namespace {

using google::protobuf::util::TimeUtil;
using internal::v1::Device;
using internal::v1::PastRequest;
using internal::v1::SubjectRecord;

Device NewDevice(const RuleContext& context, const Enrolment& enrolment, bool proven) {
  Device device;
  device.set_method_id(enrolment.method_id);
  device.set_type(enrolment.otp.type == OtpType::kHotp ? v1::METHOD_TYPE_HOTP : v1::METHOD_TYPE_TOTP);
  device.set_state(v1::METHOD_STATE_PENDING);
  device.set_algorithm(AlgorithmOf(enrolment.otp.algorithm));
  device.set_digits(enrolment.otp.digits);
  if (enrolment.otp.type == OtpType::kTotp) device.set_period_seconds(enrolment.otp.period_seconds);
  if (enrolment.otp.type == OtpType::kHotp) device.set_next_counter(enrolment.otp.counter);
  device.set_description(enrolment.description);
  device.set_issuer(enrolment.otp.issuer);
  device.set_account_name(enrolment.otp.account_name);
  device.set_create_time(context.now);
  device.set_expire_time(context.now + context.limits.pending_ttl_ms);
  device.set_proven(proven);
  SealDeviceSecret(context.ring, context.random, context.subject, enrolment.otp.secret, device);
  return device;
}

v1::EnrollResponse EnrollAnswer(const RuleContext& context, const Device& device, SecretBytes secret) {
  OtpauthUri otp;
  otp.type = device.type() == v1::METHOD_TYPE_HOTP ? OtpType::kHotp : OtpType::kTotp;
  otp.secret = std::move(secret);
  otp.issuer = device.issuer();
  otp.account_name = device.account_name();
  otp.algorithm = HashAlgorithmOf(device.algorithm());
  otp.digits = device.digits();
  if (otp.type == OtpType::kTotp) otp.period_seconds = device.period_seconds();
  if (otp.type == OtpType::kHotp) otp.counter = device.next_counter();
  v1::EnrollResponse response;
  *response.mutable_method() = ShowDevice(context.kinds, device);
  response.set_otpauth_uri(FormatOtpauthUri(otp));
  response.set_secret_base32(Base32Encode(otp.secret.bytes()));
  *response.mutable_expire_time() = TimeUtil::MillisecondsToTimestamp(device.expire_time());
  for (std::string& warning : AppWarnings(otp)) response.add_warnings(std::move(warning));
  return response;
}

// The same answer again, for as long as the enrolment is under way.
absl::StatusOr<v1::EnrollResponse> RepeatEnroll(const RuleContext& context, const PastRequest& past,
                                                const SubjectRecord& record) {
  if (const absl::Status status = RepeatedStatus(past); !status.ok()) return status;
  const Device* device = FindDevice(record, past.method_id());
  if (device == nullptr) return MethodNotFoundError();
  if (device->state() != v1::METHOD_STATE_PENDING)
    return MethodStateError("the enrolment is confirmed already");
  absl::StatusOr<SecretBytes> secret = OpenDeviceSecret(context.ring, context.subject, *device);
  if (!secret.ok()) return UnsealError(secret.status());
  return EnrollAnswer(context, *device, *std::move(secret));
}

// Whether two secrets make the same codes. HMAC (RFC 2104 §2) fills a key up with zero bytes, and hashes one
// that is longer than the hash's block: different bytes may be one key.
bool IsSameKey(HashAlgorithm algorithm, const SecretBytes& one, const SecretBytes& other) {
  constexpr absl::string_view kText = "duplicate";
  const size_t size = DigestSize(algorithm);
  SecretBytes first = SecretBytes::Zeros(size);
  SecretBytes second = SecretBytes::Zeros(size);
  Hmac(algorithm, one.bytes(), AsBytes(kText), first.mutable_bytes());
  Hmac(algorithm, other.bytes(), AsBytes(kText), second.mutable_bytes());
  return first.ConstantTimeEquals(second);
}

// One secret in two methods would let one code log in twice. A device that cannot be opened cannot be
// compared.
absl::Status CheckImport(const RuleContext& context, const SubjectRecord& record, const SecretBytes& secret) {
  for (const Device& device : record.devices()) {
    const absl::StatusOr<SecretBytes> other = OpenDeviceSecret(context.ring, context.subject, device);
    if (!other.ok()) return UnsealError(other.status());
    if (IsSameKey(HashAlgorithmOf(device.algorithm()), *other, secret)) return DuplicateSecretError();
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::EnrollResponse> DecideEnroll(const RuleContext& context, const Enrolment& enrolment,
                                                const std::optional<TypedCode>& proof,
                                                const Evidence& evidence, Draft& draft) {
  const absl::StatusOr<const PastRequest*> past = FindPastRequest(context, draft.record);
  if (!past.ok()) return past.status();
  if (*past != nullptr) {
    draft.cause = "repeated";
    return RepeatEnroll(context, **past, draft.record);
  }
  const bool needs_proof = HasConfirmedDevice(draft.record);
  if (needs_proof && !proof.has_value()) return ProofRequiredError();
  if (needs_proof) {
    if (draft.record.devices_size() >= context.limits.max_devices) {
      return TooManyMethodsError(context.limits.max_devices);
    }
    if (enrolment.imported) {
      const absl::Status may = CheckImport(context, draft.record, enrolment.otp.secret);
      if (!may.ok()) return may;
    }
    const absl::Status proven = SpendProof(context, proof, evidence, draft);
    if (!proven.ok()) return proven;
    if (draft.need.kind != Need::Kind::kNothing) return v1::EnrollResponse();
  } else {
    // Before the first device there is at most one pending one: the new one replaces it.
    draft.record.clear_devices();
  }
  Device& device = *draft.record.add_devices();
  device = NewDevice(context, enrolment, needs_proof);
  draft.changed = true;
  draft.method_id = device.method_id();
  if (PastRequest* remembered = RememberRequest(context, PastRequest::OUTCOME_DONE, draft.record)) {
    remembered->set_method_id(device.method_id());
  }
  return EnrollAnswer(context, device, enrolment.otp.secret.Clone());
}

absl::StatusOr<v1::ConfirmEnrollmentResponse> DecideConfirm(const RuleContext& context,
                                                            const v1::ConfirmEnrollmentRequest& request,
                                                            const TypedCode& code, const Evidence& evidence,
                                                            Draft& draft) {
  v1::ConfirmEnrollmentResponse response;
  const absl::StatusOr<const PastRequest*> past = FindPastRequest(context, draft.record);
  if (!past.ok()) return past.status();
  if (*past != nullptr) {
    draft.cause = "repeated";
    if (const absl::Status status = RepeatedStatus(**past); !status.ok()) return status;
    const absl::StatusOr<std::vector<std::string>> codes = OpenAnswer(context, **past);
    if (!codes.ok()) return codes.status();
    *response.mutable_method() = ShowMethod(context.kinds, draft.record, request.method_id());
    response.mutable_backup_codes()->Add(codes->begin(), codes->end());
    return response;
  }
  auto& devices = *draft.record.mutable_devices();
  const auto found = std::find_if(devices.begin(), devices.end(), [&](const Device& device) {
    return device.method_id() == request.method_id();
  });
  if (found == devices.end()) return MethodNotFoundError();
  if (found->state() != v1::METHOD_STATE_PENDING) return MethodStateError("the method is not pending");
  const absl::Status spent =
      SpendConfirmation(context, static_cast<int>(found - devices.begin()), code, draft);
  if (!spent.ok()) return spent;

  const bool first = !HasConfirmedDevice(draft.record);
  if (first && !evidence.new_codes.has_value()) {
    draft.need.kind = Need::Kind::kNewBackupCodes;
    draft.need.count = context.limits.backup_codes;
    return response;
  }
  found->set_state(v1::METHOD_STATE_ACTIVE);
  found->set_confirm_time(context.now);
  found->clear_expire_time();
  draft.method_id = request.method_id();
  PastRequest* remembered = RememberRequest(context, PastRequest::OUTCOME_DONE, draft.record);
  if (first) {
    // Whoever enrolled without proof before the owner's first device must not come in after it.
    devices.erase(std::remove_if(devices.begin(), devices.end(),
                                 [](const Device& device) {
                                   return device.state() == v1::METHOD_STATE_PENDING && !device.proven();
                                 }),
                  devices.end());
    *draft.record.mutable_backup_codes() = SealBackupCodes(context.ring, context.random, context.subject,
                                                           evidence.new_codes->hashes, context.now);
    response.mutable_backup_codes()->Add(evidence.new_codes->codes.begin(), evidence.new_codes->codes.end());
    if (remembered != nullptr) SealAnswer(context, evidence.new_codes->codes, *remembered);
  }
  *response.mutable_method() = ShowMethod(context.kinds, draft.record, request.method_id());
  return response;
}

}  // namespace twofold
