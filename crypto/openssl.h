#ifndef TWOFOLD_CRYPTO_OPENSSL_H_
#define TWOFOLD_CRYPTO_OPENSSL_H_

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>

#include <memory>

#include "crypto/hash_algorithm.h"

// Owners for OpenSSL's types. Private to this package. Algorithms are fetched once and kept for the
// life of the process. The one-shot functions fetch by name on every call, which takes locks that
// threads contend for.

namespace twofold {

template <auto Free>
struct OpenSslFree {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};

using MdContext = std::unique_ptr<EVP_MD_CTX, OpenSslFree<EVP_MD_CTX_free>>;
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, OpenSslFree<EVP_CIPHER_CTX_free>>;
using KdfContext = std::unique_ptr<EVP_KDF_CTX, OpenSslFree<EVP_KDF_CTX_free>>;

// Ends the process if a call that cannot fail has failed. The cause is a lack of memory, or a
// missing provider for the algorithm.
void CheckOpenSsl(bool ok, const char* what);

const EVP_MD* FetchedMd(HashAlgorithm algorithm);
const EVP_CIPHER* FetchedAes256Gcm();
EVP_KDF* FetchedHkdf();

}  // namespace twofold

#endif  // TWOFOLD_CRYPTO_OPENSSL_H_
