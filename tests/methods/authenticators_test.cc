// The conformance suite on every type of method.

#include "crypto/base32.h"
#include "crypto/bytes.h"
#include "crypto/otp.h"
#include "server/methods/backup_codes/backup_codes.h"
#include "server/methods/otp/hotp.h"
#include "server/methods/otp/totp.h"
#include "server/methods/sealed.h"
#include "tests/conformance/authenticator_conformance.h"
#include "tests/methods/code_card.h"

namespace twofold {
namespace {

using internal::v1::Method;

constexpr char kSeed[] = "01234567890123456789";
constexpr char kWrongCode[] = "12345678";

std::string CodeOf(int64_t counter) {
  return ComputeOtp(AsBytes(kSeed), OtpParameters(HashAlgorithm::kSha1, 6), counter);
}

Method NewMethod(const Authenticator& authenticator, const MethodContext& context, const std::string& id) {
  Method method;
  method.set_method_id(id);
  method.set_type(authenticator.type());
  method.set_state(v1::METHOD_STATE_ACTIVE);
  v1::EnrollRequest request;
  request.set_user_id("ann");
  request.set_type(authenticator.type());
  request.set_secret_base32(Base32Encode(AsBytes(kSeed)));
  EXPECT_TRUE(authenticator.Enroll(context, request, method).ok());
  return method;
}

// The first counter that a new method accepts.
int64_t FirstCounter(const MethodContext& context, const Method& method) {
  return method.type() == v1::METHOD_TYPE_TOTP ? TimeStep(context.now, 30) - 1 : 0;
}

AuthenticatorUnderTest Otp(std::unique_ptr<const Authenticator> authenticator) {
  AuthenticatorUnderTest type;
  type.enroll = [&otp = *authenticator](const MethodContext& context, const std::string& id) {
    return NewMethod(otp, context, id);
  };
  type.right = [](const MethodContext& context, const Method& method, int nth) {
    return Presented(OtpCode{CodeOf(FirstCounter(context, method) + nth)});
  };
  type.wrong = [](const MethodContext&, const Method&) { return Presented(OtpCode{kWrongCode}); };
  type.authenticator = std::move(authenticator);
  return type;
}

AuthenticatorUnderTest ConsecutiveOtp(std::unique_ptr<const Authenticator> authenticator) {
  AuthenticatorUnderTest type = Otp(std::move(authenticator));
  type.right = [](const MethodContext& context, const Method& method, int nth) {
    const int64_t first = FirstCounter(context, method) + int64_t{2} * nth;
    return Presented(ConsecutiveCodes{CodeOf(first), CodeOf(first + 1)});
  };
  type.wrong = [](const MethodContext&, const Method&) {
    return Presented(ConsecutiveCodes{kWrongCode, kWrongCode});
  };
  return type;
}

// The codes of the set are kept beside it, because the record holds only their hashes.
AuthenticatorUnderTest BackupCodes() {
  AuthenticatorUnderTest type;
  type.authenticator = NewBackupCodesAuthenticator();
  auto codes = std::make_shared<internal::v1::NewBackupCodes>();
  type.enroll = [codes](const MethodContext& context, const std::string& id) {
    OrWork<internal::v1::NewBackupCodes> work = MakeBackupCodes(context, 10);
    codes->ParseFromString(std::move(work).work().run());
    Method set = NewBackupCodeSet(context, codes->hashes());
    set.set_method_id(id);
    const std::unique_ptr<const Authenticator> authenticator = NewBackupCodesAuthenticator();
    SealSecret(context, *authenticator, SecretBytes::FromString(codes->hashes().SerializeAsString()), set);
    return set;
  };
  type.right = [codes](const MethodContext&, const Method&, int nth) {
    return *ParseCode(codes->codes(nth));
  };
  type.wrong = [](const MethodContext&, const Method&) { return *ParseCode("2222-2222-2222-2222"); };
  return type;
}

AuthenticatorUnderTest CodeCard() {
  AuthenticatorUnderTest type;
  type.authenticator = NewCodeCard();
  type.enroll = [&card = *type.authenticator](const MethodContext& context, const std::string& id) {
    return NewMethod(card, context, id);
  };
  type.right = [&card = *type.authenticator](const MethodContext& context, const Method& method, int nth) {
    v1::EnrollResponse shown;
    EXPECT_TRUE(card.ShowOnce(context, method, v1::EnrollRequest(), shown).value().ok());
    return Presented(OtpCode{CardCode(Base32Decode(shown.secret_base32())->text(), nth)});
  };
  type.wrong = [](const MethodContext&, const Method&) { return Presented(OtpCode{kWrongCode}); };
  return type;
}

INSTANTIATE_TEST_SUITE_P(
    Types, AuthenticatorConformance,
    testing::Values(AuthenticatorFactory{"Totp", [] { return Otp(NewTotp("Twofold")); }},
                    AuthenticatorFactory{"Hotp", [] { return Otp(NewHotp("Twofold")); }},
                    AuthenticatorFactory{"TotpResync", [] { return ConsecutiveOtp(NewTotp("Twofold")); }},
                    AuthenticatorFactory{"HotpResync", [] { return ConsecutiveOtp(NewHotp("Twofold")); }},
                    AuthenticatorFactory{"BackupCodes", BackupCodes},
                    AuthenticatorFactory{"CodeCard", CodeCard}),
    AuthenticatorName);

}  // namespace
}  // namespace twofold
