#include "server/methods/sealed.h"

#include "absl/strings/str_cat.h"
#include "crypto/associated_data.h"
#include "server/errors.h"

namespace twofold {
namespace {

std::string AssociatedData(const MethodContext& context, const Authenticator& authenticator,
                           const internal::v1::Method& method) {
  return LengthPrefixed({context.subject.tenant, context.subject.user, method.method_id(),
                         absl::StrCat(static_cast<int>(method.type())),
                         authenticator.FixedParameters(method)});
}

}  // namespace

void SealSecret(const MethodContext& context, const Authenticator& authenticator, const SecretBytes& secret,
                internal::v1::Method& method) {
  method.set_sealed(context.ring.Seal(Purpose::kSecret, secret.text(),
                                      AssociatedData(context, authenticator, method), context.random));
}

absl::StatusOr<SecretBytes> OpenSecret(const MethodContext& context, const Authenticator& authenticator,
                                       const internal::v1::Method& method) {
  absl::StatusOr<SecretBytes> secret =
      context.ring.Open(Purpose::kSecret, method.sealed(), AssociatedData(context, authenticator, method));
  if (!secret.ok()) return UnsealError(secret.status());
  return secret;
}

void ResealIfOld(const MethodContext& context, const Authenticator& authenticator, const SecretBytes& secret,
                 internal::v1::Method& method) {
  if (!context.ring.SealedByPrimary(method.sealed())) SealSecret(context, authenticator, secret, method);
}

}  // namespace twofold
