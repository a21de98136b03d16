#include "crypto/hkdf.h"

#include <openssl/core_names.h>
#include <openssl/params.h>

#include <array>

#include "crypto/openssl.h"

namespace twofold {
namespace {

// OpenSSL's parameters are not const, although it only reads these.
OSSL_PARAM OctetParam(const char* name, const void* data, size_t size) {
  return OSSL_PARAM_construct_octet_string(name, const_cast<void*>(data), size);
}

}  // namespace

SecretBytes HkdfSha256(absl::Span<const uint8_t> key, absl::string_view salt, absl::string_view info,
                       size_t size) {
  char digest[] = "SHA256";
  const std::array<OSSL_PARAM, 5> params = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
      OctetParam(OSSL_KDF_PARAM_KEY, key.data(), key.size()),
      OctetParam(OSSL_KDF_PARAM_SALT, salt.data(), salt.size()),
      OctetParam(OSSL_KDF_PARAM_INFO, info.data(), info.size()),
      OSSL_PARAM_construct_end(),
  };
  SecretBytes derived = SecretBytes::Zeros(size);
  const KdfContext context(EVP_KDF_CTX_new(FetchedHkdf()));
  CheckOpenSsl(context != nullptr &&
                   EVP_KDF_derive(context.get(), derived.mutable_bytes().data(), size, params.data()) == 1,
               "HKDF");
  return derived;
}

}  // namespace twofold
