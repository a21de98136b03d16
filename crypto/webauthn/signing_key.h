#ifndef TWOFOLD_CRYPTO_WEBAUTHN_SIGNING_KEY_H_
#define TWOFOLD_CRYPTO_WEBAUTHN_SIGNING_KEY_H_

#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "crypto/webauthn/cose_key.h"

namespace twofold {

// The private key of a credential, for tests: only security keys have one. Immutable and
// thread-safe. It is shared by its copies. OpenSSL's failures end the process.
class SigningKey {
 public:
  // A new key. An RSA key has 2,048 bits and takes a tenth of a second or more.
  explicit SigningKey(CoseAlgorithm algorithm);

  CoseAlgorithm algorithm() const { return algorithm_; }

  // The public key as an item of CBOR.
  std::string CoseKey() const;

  // A signature as WebAuthn has it: DER for ECDSA, PKCS #1 v1.5 for RSA.
  std::string Sign(absl::string_view bytes) const;

  // A certificate in DER that the key has issued for itself.
  std::string Certificate() const;

 private:
  // OpenSSL's key.
  struct Key;

  CoseAlgorithm algorithm_;
  std::shared_ptr<const Key> key_;
};

}  // namespace twofold

#endif  // TWOFOLD_CRYPTO_WEBAUTHN_SIGNING_KEY_H_
