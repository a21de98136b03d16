#include "crypto/webauthn/signing_key.h"

#include <openssl/core_names.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "crypto/bytes.h"
#include "crypto/openssl.h"
#include "tests/harness/cbor.h"

namespace twofold {

struct SigningKey::Key {
  std::unique_ptr<EVP_PKEY, OpenSslFree<EVP_PKEY_free>> pkey;
};

namespace {

using Bn = std::unique_ptr<BIGNUM, OpenSslFree<BN_free>>;
using X509Ptr = std::unique_ptr<X509, OpenSslFree<X509_free>>;

constexpr size_t kRsaBits = 2048;
constexpr int kSecondsOfCertificate = 86400;

EVP_PKEY* Generate(CoseAlgorithm algorithm) {
  switch (algorithm) {
    case CoseAlgorithm::kEs256:
      return EVP_EC_gen("P-256");
    case CoseAlgorithm::kEs384:
      return EVP_EC_gen("P-384");
    case CoseAlgorithm::kEs512:
      return EVP_EC_gen("P-521");
    case CoseAlgorithm::kEdDsa:
      return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
    case CoseAlgorithm::kEd448:
      return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED448");
    case CoseAlgorithm::kRs256:
      return EVP_RSA_gen(kRsaBits);
  }
  return nullptr;
}

const char* HashOf(CoseAlgorithm algorithm) {
  switch (algorithm) {
    case CoseAlgorithm::kEs384:
      return "SHA384";
    case CoseAlgorithm::kEs512:
      return "SHA512";
    case CoseAlgorithm::kEdDsa:
    case CoseAlgorithm::kEd448:
      return nullptr;
    default:
      return "SHA256";
  }
}

// A number of the key in big-endian order, filled up with zeros to `size` bytes.
std::string NumberOf(const EVP_PKEY* key, const char* name, int size) {
  BIGNUM* number = nullptr;
  CheckOpenSsl(EVP_PKEY_get_bn_param(key, name, &number) == 1, name);
  const Bn owner(number);
  std::string bytes(static_cast<size_t>(size == 0 ? BN_num_bytes(number) : size), '\0');
  CheckOpenSsl(BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()),
                            static_cast<int>(bytes.size())) >= 0,
               "BN_bn2binpad");
  return bytes;
}

std::string Rsa(const EVP_PKEY* key, const std::string& algorithm) {
  return CborMap({{CborInteger(1), CborInteger(3)},
                  {CborInteger(3), algorithm},
                  {CborInteger(-1), CborBytes(NumberOf(key, OSSL_PKEY_PARAM_RSA_N, 0))},
                  {CborInteger(-2), CborBytes(NumberOf(key, OSSL_PKEY_PARAM_RSA_E, 0))}});
}

std::string Ec(const EVP_PKEY* key, const std::string& algorithm, int curve, int size) {
  return CborMap({{CborInteger(1), CborInteger(2)},
                  {CborInteger(3), algorithm},
                  {CborInteger(-1), CborInteger(curve)},
                  {CborInteger(-2), CborBytes(NumberOf(key, OSSL_PKEY_PARAM_EC_PUB_X, size))},
                  {CborInteger(-3), CborBytes(NumberOf(key, OSSL_PKEY_PARAM_EC_PUB_Y, size))}});
}

std::string Okp(const EVP_PKEY* key, const std::string& algorithm, int curve, size_t size) {
  std::string x(size, '\0');
  CheckOpenSsl(EVP_PKEY_get_raw_public_key(key, reinterpret_cast<unsigned char*>(x.data()), &size) == 1,
               "EVP_PKEY_get_raw_public_key");
  return CborMap({{CborInteger(1), CborInteger(1)},
                  {CborInteger(3), algorithm},
                  {CborInteger(-1), CborInteger(curve)},
                  {CborInteger(-2), CborBytes(x)}});
}

}  // namespace

SigningKey::SigningKey(CoseAlgorithm algorithm) : algorithm_(algorithm) {
  auto key = std::make_shared<Key>();
  key->pkey.reset(Generate(algorithm));
  CheckOpenSsl(key->pkey != nullptr, "making a key");
  key_ = std::move(key);
}

std::string SigningKey::CoseKey() const {
  const EVP_PKEY* const key = key_->pkey.get();
  const std::string algorithm = CborInteger(static_cast<int64_t>(algorithm_));
  switch (algorithm_) {
    case CoseAlgorithm::kEs256:
      return Ec(key, algorithm, 1, 32);
    case CoseAlgorithm::kEs384:
      return Ec(key, algorithm, 2, 48);
    case CoseAlgorithm::kEs512:
      return Ec(key, algorithm, 3, 66);
    case CoseAlgorithm::kEdDsa:
      return Okp(key, algorithm, 6, 32);
    case CoseAlgorithm::kEd448:
      return Okp(key, algorithm, 7, 57);
    case CoseAlgorithm::kRs256:
      return Rsa(key, algorithm);
  }
  return "";
}

std::string SigningKey::Sign(absl::string_view bytes) const {
  const MdContext context(EVP_MD_CTX_new());
  size_t size = 0;
  CheckOpenSsl(context != nullptr &&
                   EVP_DigestSignInit_ex(context.get(), nullptr, HashOf(algorithm_), nullptr, nullptr,
                                         key_->pkey.get(), nullptr) == 1 &&
                   EVP_DigestSign(context.get(), nullptr, &size, AsBytes(bytes).data(), bytes.size()) == 1,
               "EVP_DigestSign");
  std::string signature(size, '\0');
  CheckOpenSsl(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                              AsBytes(bytes).data(), bytes.size()) == 1,
               "EVP_DigestSign");
  signature.resize(size);
  return signature;
}

std::string SigningKey::Certificate() const {
  const X509Ptr certificate(X509_new());
  CheckOpenSsl(certificate != nullptr, "X509_new");
  X509_NAME* const name = X509_get_subject_name(certificate.get());
  const auto* const text = reinterpret_cast<const unsigned char*>("twofold test key");
  CheckOpenSsl(X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
                   ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1) == 1 &&
                   X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0) == 1 &&
                   X509_set_issuer_name(certificate.get(), name) == 1 &&
                   X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0) != nullptr &&
                   X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kSecondsOfCertificate) != nullptr &&
                   X509_set_pubkey(certificate.get(), key_->pkey.get()) == 1 &&
                   X509_sign(certificate.get(), key_->pkey.get(), EVP_sha256()) > 0,
               "making a certificate");
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate.get(), &der);
  CheckOpenSsl(size > 0, "i2d_X509");
  const auto free = [](unsigned char* bytes) { OPENSSL_free(bytes); };
  const std::unique_ptr<unsigned char, decltype(free)> owner(der, free);
  return std::string(AsText({der, static_cast<size_t>(size)}));
}

}  // namespace twofold
