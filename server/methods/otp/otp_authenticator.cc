#include "server/methods/otp/otp_authenticator.h"

#include <cstdlib>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "crypto/base32.h"
#include "crypto/bytes.h"
#include "crypto/hmac.h"
#include "crypto/otp.h"
#include "server/errors.h"
#include "server/methods/otp/enrollment.h"
#include "server/methods/otp/qr_code.h"
#include "server/methods/otp/totp.h"
#include "server/methods/sealed.h"

namespace twofold {
namespace {

using internal::v1::Method;
using internal::v1::OtpUse;

constexpr size_t kDecoySecretSize = 20;
// No counter that starts within its bounds gets further.
constexpr int64_t kMaxCounter = kMaxStartCounter + (int64_t{1} << 31);

// Whether a server can have written this. The seal does not cover it, and arithmetic on other
// values could overflow.
bool IsWithinBounds(const OtpUse& otp) {
  return otp.next_counter() >= 0 && otp.next_counter() <= kMaxCounter &&
         std::abs(int64_t{otp.clock_offset()}) <= kTotpResyncSteps;
}

OtpParameters ParametersOf(const OtpUse& otp) {
  return OtpParameters(HashAlgorithmOf(otp.algorithm()), otp.digits());
}

// The method's latest counter that was accepted, and the one before.
CounterWindow LastUsed(const OtpUse& otp, int count) {
  return CounterWindow{otp.next_counter() - count, count};
}

// The later one of two consecutive counters whose codes were presented, and the highest where there are
// several.
std::optional<int64_t> FindConsecutive(const SecretBytes& secret, const OtpUse& otp, CounterWindow window,
                                       const ConsecutiveCodes& codes) {
  const OtpParameters parameters = ParametersOf(otp);
  std::optional<int64_t> found;
  for (int64_t counter = window.first; counter < window.first + window.count - 1; ++counter) {
    const bool is_first = FindOtp(secret.bytes(), parameters, counter, 1, codes.first).has_value();
    const bool is_second = FindOtp(secret.bytes(), parameters, counter + 1, 1, codes.second).has_value();
    if (is_first && is_second) found = counter + 1;
  }
  return found;
}

std::optional<int64_t> FindCode(const SecretBytes& secret, const OtpUse& otp, CounterWindow window,
                                const OtpCode& code) {
  return FindOtp(secret.bytes(), ParametersOf(otp), window.first, window.count, code.digits);
}

// Why a code is not accepted. `found` is where it matches.
CheckResult::Outcome Refusal(bool accepted_last, std::optional<int64_t> found) {
  if (accepted_last) return CheckResult::Outcome::kReplayed;
  return found.has_value() ? CheckResult::Outcome::kOutdated : CheckResult::Outcome::kRejected;
}

// Whether two secrets make the same codes. HMAC (RFC 2104 section 2) fills a key up with zero bytes, and
// hashes one that is longer than the hash's block: different bytes may be one key.
bool IsSameKey(HashAlgorithm algorithm, const SecretBytes& one, const SecretBytes& other) {
  constexpr absl::string_view kText = "duplicate";
  const size_t size = DigestSize(algorithm);
  SecretBytes first = SecretBytes::Zeros(size);
  SecretBytes second = SecretBytes::Zeros(size);
  Hmac(algorithm, one.bytes(), AsBytes(kText), first.mutable_bytes());
  Hmac(algorithm, other.bytes(), AsBytes(kText), second.mutable_bytes());
  return first.ConstantTimeEquals(second);
}

QrImage ImageOf(v1::QrFormat format) {
  if (format == v1::QR_FORMAT_PNG) return QrImage::kPng;
  return format == v1::QR_FORMAT_SVG ? QrImage::kSvg : QrImage::kText;
}

// What a call draws may change between two decisions, because the record may by then hold the method of
// another call with the same request id.
std::string PictureKey(v1::QrFormat format, const std::string& uri) {
  return absl::StrCat("qr ", static_cast<int>(format), " ", uri);
}

Work Draw(v1::QrFormat format, const std::string& uri) {
  return Work{Work::Pool::kPictures, PictureKey(format, uri),
              [image = ImageOf(format), uri] { return RenderQr(image, uri).value_or(std::string()); }};
}

absl::Status AddPicture(v1::QrFormat format, const std::string& picture, v1::EnrollResponse& response) {
  if (picture.empty()) return absl::InternalError("the QR code cannot be drawn");
  if (format == v1::QR_FORMAT_PNG) response.set_qr_png(picture);
  if (format == v1::QR_FORMAT_SVG) response.set_qr_svg(picture);
  if (format == v1::QR_FORMAT_TEXT) response.set_qr_text(picture);
  return absl::OkStatus();
}

// What `uri` says of the method, beside the secret.
void SetUse(const OtpauthUri& uri, Method& method) {
  const bool is_hotp = uri.type == OtpType::kHotp;
  method.set_type(is_hotp ? v1::METHOD_TYPE_HOTP : v1::METHOD_TYPE_TOTP);
  OtpUse& otp = *method.mutable_otp();
  otp.set_algorithm(AlgorithmOf(uri.algorithm));
  otp.set_digits(uri.digits);
  otp.set_issuer(uri.issuer);
  otp.set_account_name(uri.account_name);
  if (is_hotp) {
    otp.set_next_counter(uri.counter);
  } else {
    otp.set_period_seconds(uri.period_seconds);
  }
}

}  // namespace

bool OtpAuthenticator::Takes(const Presented& presented) const {
  return std::holds_alternative<OtpCode>(presented) || std::holds_alternative<ConsecutiveCodes>(presented);
}

absl::Status OtpAuthenticator::Enroll(const MethodContext& context, const v1::EnrollRequest& request,
                                      Method& method) const {
  TWOFOLD_ASSIGN_OR_RETURN(const OtpauthUri uri, PlanOtp(issuer_, request, context.random));
  SetUse(uri, method);
  SealSecret(context, *this, uri.secret, method);
  return absl::OkStatus();
}

OrWork<absl::Status> OtpAuthenticator::ShowOnce(const MethodContext& context, const Method& method,
                                                const v1::EnrollRequest& request,
                                                v1::EnrollResponse& response) const {
  absl::StatusOr<SecretBytes> secret = OpenSecret(context, *this, method);
  if (!secret.ok()) return secret.status();
  const OtpauthUri uri = UriOf(method, *std::move(secret));
  response.set_otpauth_uri(FormatOtpauthUri(uri));
  response.set_secret_base32(Base32Encode(uri.secret.bytes()));
  for (std::string& warning : AppWarnings(uri)) response.add_warnings(std::move(warning));

  const v1::QrFormat format = request.qr_format();
  if (format == v1::QR_FORMAT_UNSPECIFIED || format == v1::QR_FORMAT_NONE) return absl::OkStatus();
  const std::string* picture = context.done.Find(PictureKey(format, response.otpauth_uri()));
  if (picture == nullptr) return Draw(format, response.otpauth_uri());
  return AddPicture(format, *picture, response);
}

absl::StatusOr<bool> OtpAuthenticator::SharesSecret(const MethodContext& context, const Method& method,
                                                    const Method& other) const {
  if (!other.has_otp()) return false;
  TWOFOLD_ASSIGN_OR_RETURN(const SecretBytes secret, OpenSecret(context, *this, method));
  TWOFOLD_ASSIGN_OR_RETURN(const SecretBytes other_secret, OpenSecret(context, *this, other));
  return IsSameKey(HashAlgorithmOf(other.otp().algorithm()), secret, other_secret);
}

OrWork<CheckResult> OtpAuthenticator::Check(const MethodContext& context, const Method& method,
                                            const Presented& presented) const {
  CheckResult result;
  const absl::StatusOr<SecretBytes> secret = OpenSecret(context, *this, method);
  if (!secret.ok()) {
    result.outcome = CheckResult::Outcome::kUnreadable;
    result.unreadable = secret.status();
    return result;
  }
  const OtpUse& otp = method.otp();
  if (!IsWithinBounds(otp)) {
    result.outcome = CheckResult::Outcome::kUnreadable;
    result.unreadable = RecordCorruptError();
    return result;
  }
  const auto* const pair = std::get_if<ConsecutiveCodes>(&presented);
  const CounterWindow window = pair ? ResyncWindow(otp, context.now) : LoginWindow(otp, context.now);
  std::optional<int64_t> found;
  bool accepted_last = false;
  // Of a pair the earlier code must be fresh too.
  int64_t lowest_new = otp.next_counter();
  if (pair != nullptr) {
    found = FindConsecutive(*secret, otp, window, *pair);
    // Only the pair that ends with the last accepted code. Of a pair that begins with it the second one is
    // fresh, and a guess.
    accepted_last = FindConsecutive(*secret, otp, LastUsed(otp, 2), *pair).has_value();
    ++lowest_new;
  } else {
    const auto& code = std::get<OtpCode>(presented);
    found = FindCode(*secret, otp, window, code);
    accepted_last = FindCode(*secret, otp, LastUsed(otp, 1), code).has_value();
  }
  result.candidates = window.count;
  if (!ClockIsPlausible(otp, context.now)) {
    result.outcome = CheckResult::Outcome::kClockBehind;
  } else if (!found.has_value() || *found < lowest_new) {
    result.outcome = Refusal(accepted_last, found);
  } else {
    result.outcome = CheckResult::Outcome::kAccepted;
    result.after = method;
    OtpUse& after = *result.after.mutable_otp();
    if (pair != nullptr) {
      AcceptResync(*found, context.now, after);
    } else {
      Accept(*found, context.now, after);
    }
    ResealIfOld(context, *this, *secret, result.after);
  }
  return result;
}

Method OtpAuthenticator::NewDecoy(const MethodContext& context) const {
  Method method;
  method.set_method_id("decoy");
  method.set_type(type());
  OtpUse& otp = *method.mutable_otp();
  otp.set_algorithm(v1::ALGORITHM_SHA1);
  otp.set_digits(kDefaultDigits);
  otp.set_period_seconds(kDefaultPeriodSeconds);
  SecretBytes secret = SecretBytes::Zeros(kDecoySecretSize);
  context.random.Fill(secret.mutable_bytes());
  SealSecret(context, *this, secret, method);
  return method;
}

bool OtpAuthenticator::IsPortable(const v1::PortableMethod& portable) const {
  if (portable.content_case() != v1::PortableMethod::kOtpauthUri) return false;
  const absl::StatusOr<OtpauthUri> uri = ParseOtpauthUri(portable.otpauth_uri());
  const bool is_hotp = uri.ok() && uri->type == OtpType::kHotp;
  return type() == (is_hotp ? v1::METHOD_TYPE_HOTP : v1::METHOD_TYPE_TOTP);
}

absl::Status OtpAuthenticator::Import(const MethodContext& context, const v1::PortableMethod& portable,
                                      Method& method) const {
  TWOFOLD_ASSIGN_OR_RETURN(const OtpauthUri uri, PlanPortableOtp(issuer_, portable));
  SetUse(uri, method);
  OtpUse& otp = *method.mutable_otp();
  if (uri.type == OtpType::kTotp) {
    otp.set_next_counter(portable.next_time_step());
    otp.set_clock_offset(portable.clock_offset_steps());
    // Else no code of it could log in before that time.
    if (!ClockIsPlausible(otp, context.now))
      return InvalidRequestError("next_time_step", "lies in the future");
  }
  SealSecret(context, *this, uri.secret, method);
  return absl::OkStatus();
}

absl::Status OtpAuthenticator::Export(const MethodContext& context, const Method& method,
                                      v1::PortableMethod& portable) const {
  TWOFOLD_ASSIGN_OR_RETURN(SecretBytes secret, OpenSecret(context, *this, method));
  portable.set_otpauth_uri(FormatOtpauthUri(UriOf(method, std::move(secret))));
  if (type() == v1::METHOD_TYPE_TOTP) {
    portable.set_next_time_step(method.otp().next_counter());
    portable.set_clock_offset_steps(method.otp().clock_offset());
  }
  return absl::OkStatus();
}

std::string OtpAuthenticator::FixedParameters(const Method& method) const {
  const OtpUse& otp = method.otp();
  return absl::StrCat(static_cast<int>(otp.algorithm()), "/", otp.digits(), "/", otp.period_seconds());
}

}  // namespace twofold
