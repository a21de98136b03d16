// The conformance suite on every type of method.

#include "crypto/base32.h"
#include "crypto/bytes.h"
#include "crypto/otp.h"
#include "server/methods/backup_codes/backup_codes.h"
#include "server/methods/otp/hotp.h"
#include "server/methods/otp/totp.h"
#include "server/methods/sealed.h"
#include "server/methods/sent_code/sent_code.h"
#include "server/methods/webauthn/security_key.h"
#include "tests/conformance/authenticator_conformance.h"
#include "tests/harness/software_key.h"
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

// Each challenge is a millisecond later than the one before.
internal::v1::ChallengeToken ChallengeFor(const MethodContext& context, const Method& method, int nth) {
  internal::v1::ChallengeToken token;
  token.add_method_ids(method.method_id());
  token.set_value(std::string(32, static_cast<char>('a' + nth)));
  token.set_issue_time(context.now - 100 + nth);
  token.set_expire_time(context.now + 1000);
  return token;
}

AuthenticatorUnderTest SecurityKeyType() {
  AuthenticatorUnderTest type;
  RelyingParty party;
  party.id = "example.org";
  party.origins = {"https://example.org"};
  type.authenticator = NewSecurityKey(party);
  auto key = std::make_shared<SoftwareKey>(SoftwareKey::Settings());
  type.enroll = [&authenticator = *type.authenticator, record = type.record, key](
                    const MethodContext& context, const std::string& id) {
    Method method;
    method.set_method_id(id);
    method.set_type(authenticator.type());
    method.set_state(v1::METHOD_STATE_ACTIVE);
    v1::EnrollRequest request;
    request.set_user_id("ann");
    EXPECT_TRUE(authenticator.Enroll(context, request, method).ok());
    MethodContext known = context;
    known.record = record.get();
    v1::EnrollResponse shown;
    EXPECT_TRUE(authenticator.ShowOnce(known, method, request, shown).value().ok());
    Registration registration{
        *ParseRegistrationCredential(*key->Create(shown.webauthn_creation_options_json()))};
    WorkResults done;
    const MethodContext working{context.ring, context.random, context.subject,
                                context.now,  done,           known.record};
    return CheckFully(authenticator, working, done, method, registration).after;
  };
  const auto answer = [key](const MethodContext& context, const Method& method, int nth,
                            const KeyKnobs& knobs) {
    const internal::v1::ChallengeToken token = ChallengeFor(context, method, nth);
    const std::string credential =
        *key->Get(RequestOptions("example.org", token.value(), key->newest_credential_id()), knobs);
    return Presented(Assertion{*ParseAssertionCredential(credential), token});
  };
  type.right = [answer](const MethodContext& context, const Method& method, int nth) {
    return answer(context, method, nth, {});
  };
  type.wrong = [answer](const MethodContext& context, const Method& method) {
    KeyKnobs knobs;
    knobs.signature = [](std::string& signature) { signature.back() ^= 1; };
    return answer(context, method, 0, knobs);
  };
  return type;
}

AuthenticatorUnderTest SentCodeType(std::unique_ptr<const Authenticator> authenticator) {
  AuthenticatorUnderTest type;
  type.enroll = [&sent = *authenticator](const MethodContext& context, const std::string& id) {
    Method method;
    method.set_method_id(id);
    method.set_type(sent.type());
    method.set_state(v1::METHOD_STATE_ACTIVE);
    method.set_create_time(context.now);
    method.set_expire_time(context.now + 1000);
    v1::EnrollRequest request;
    if (sent.type() == v1::METHOD_TYPE_SMS) request.set_phone_number("+4915112345678");
    if (sent.type() == v1::METHOD_TYPE_EMAIL) request.set_email("ann@example.org");
    EXPECT_TRUE(sent.Enroll(context, request, method).ok());
    return method;
  };
  type.right = [&sent = *authenticator](const MethodContext& context, const Method& method, int nth) {
    internal::v1::ChallengeToken token = ChallengeFor(context, method, nth);
    token.set_value("12345" + std::to_string(nth));
    const bool pending = method.state() == v1::METHOD_STATE_PENDING;
    const std::string code = pending ? sent.Outgoing(context, method, nullptr)->message.code : token.value();
    return Presented(SentCode{code, token});
  };
  type.wrong = [](const MethodContext& context, const Method& method) {
    internal::v1::ChallengeToken token = ChallengeFor(context, method, 0);
    token.set_value("123450");
    return Presented(SentCode{"654321", token});
  };
  type.authenticator = std::move(authenticator);
  return type;
}

SentCodeSettings SentSettings() {
  SentCodeSettings settings;
  settings.is_on = true;
  settings.dial_prefixes = {"+49"};
  return settings;
}

INSTANTIATE_TEST_SUITE_P(
    Types, AuthenticatorConformance,
    testing::Values(AuthenticatorFactory{"Totp", [] { return Otp(NewTotp("Twofold")); }},
                    AuthenticatorFactory{"Hotp", [] { return Otp(NewHotp("Twofold")); }},
                    AuthenticatorFactory{"TotpResync", [] { return ConsecutiveOtp(NewTotp("Twofold")); }},
                    AuthenticatorFactory{"HotpResync", [] { return ConsecutiveOtp(NewHotp("Twofold")); }},
                    AuthenticatorFactory{"BackupCodes", BackupCodes},
                    AuthenticatorFactory{"SecurityKey", SecurityKeyType},
                    AuthenticatorFactory{"Sms", [] { return SentCodeType(NewSmsCodes(SentSettings())); }},
                    AuthenticatorFactory{"Email", [] { return SentCodeType(NewEmailCodes(SentSettings())); }},
                    AuthenticatorFactory{"CodeCard", CodeCard}),
    AuthenticatorName);

}  // namespace
}  // namespace twofold
