#ifndef TWOFOLD_SERVER_METHODS_SEALED_H_
#define TWOFOLD_SERVER_METHODS_SEALED_H_

#include "absl/status/statusor.h"
#include "server/methods/authenticator.h"

// The sealed secret of a method. It is bound to the subject, the method id, the type and the type's fixed
// parameters: one that was copied to another subject, or whose parameters were changed, does not open.

namespace twofold {

// Sets method.sealed under the primary key. Everything that it is bound to must be set before.
void SealSecret(const MethodContext& context, const Authenticator& authenticator, const SecretBytes& secret,
                internal::v1::Method& method);

// KEY_UNAVAILABLE: the key is not in the ring. RECORD_CORRUPT: the secret is damaged or was moved.
absl::StatusOr<SecretBytes> OpenSecret(const MethodContext& context, const Authenticator& authenticator,
                                       const internal::v1::Method& method);

// Seals `secret`, which is the method's, again where an older key than the primary sealed it.
void ResealIfOld(const MethodContext& context, const Authenticator& authenticator, const SecretBytes& secret,
                 internal::v1::Method& method);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_METHODS_SEALED_H_
