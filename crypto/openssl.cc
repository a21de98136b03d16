#include "crypto/openssl.h"

#include <string>

#include "common/fatal.h"

namespace twofold {
namespace {

EVP_MD* FetchMd(const char* name) {
  EVP_MD* md = EVP_MD_fetch(nullptr, name, nullptr);
  CheckOpenSsl(md != nullptr, name);
  return md;
}

}  // namespace

void CheckOpenSsl(bool ok, const char* what) {
  if (!ok) Fatal(std::string("OpenSSL failed at ") + what);
}

// Fetched algorithms are never freed, because contexts of other threads may use them until the end
// of the process.
const EVP_MD* FetchedMd(HashAlgorithm algorithm) {
  static const EVP_MD* const sha1 = FetchMd("SHA1");
  static const EVP_MD* const sha256 = FetchMd("SHA256");
  static const EVP_MD* const sha512 = FetchMd("SHA512");
  switch (algorithm) {
    case HashAlgorithm::kSha1:
      return sha1;
    case HashAlgorithm::kSha256:
      return sha256;
    case HashAlgorithm::kSha512:
      return sha512;
  }
  CheckOpenSsl(false, "an unknown hash algorithm");
  return nullptr;
}

const EVP_CIPHER* FetchedAes256Gcm() {
  static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  CheckOpenSsl(cipher != nullptr, "AES-256-GCM");
  return cipher;
}

EVP_KDF* FetchedHkdf() {
  static EVP_KDF* const kdf = EVP_KDF_fetch(nullptr, "HKDF", nullptr);
  CheckOpenSsl(kdf != nullptr, "HKDF");
  return kdf;
}

}  // namespace twofold
