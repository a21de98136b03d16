#ifndef TWOFOLD_CRYPTO_OPENSSL_H_
#define TWOFOLD_CRYPTO_OPENSSL_H_

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>

#include <memory>

#include "crypto/hash_algorithm.h"

// OpenSSL's types with owners. Private to this package. Algorithms are fetched once and kept for the life of
// the process: fetching by name, as the one-shot functions do on every call, takes locks that threads contend
// for.

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

// Ends the process when a call that cannot fail has failed: out of memory, or no provider that has the
// algorithm.
void CheckOpenSsl(bool ok, const char* what);

const EVP_MD* FetchedMd(HashAlgorithm algorithm);
const EVP_CIPHER* FetchedAes256Gcm();
EVP_KDF* FetchedHkdf();

}  // namespace twofold

#endif  // TWOFOLD_CRYPTO_OPENSSL_H_
