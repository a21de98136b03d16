#include "crypto/xml_encryption.h"

#include <openssl/hmac.h>
#include <openssl/modes.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "crypto/bytes.h"
#include "crypto/openssl.h"

namespace twofold {
namespace {

using Cipher = std::unique_ptr<EVP_CIPHER, OpenSslFree<EVP_CIPHER_free>>;

constexpr size_t kWrapBlock = 8;

absl::Status Invalid(absl::string_view why) { return absl::InvalidArgumentError(why); }

Cipher Fetch(BlockCipher cipher, size_t key_size, absl::string_view mode) {
  std::string name;
  if (cipher == BlockCipher::kTripleDes) {
    name = key_size == 16 ? "DES-EDE" : "DES-EDE3";
    if (key_size != 16 && key_size != 24) return nullptr;
  } else {
    if (key_size != 16 && key_size != 24 && key_size != 32) return nullptr;
    name = absl::StrCat(cipher == BlockCipher::kAes ? "AES-" : "CAMELLIA-", key_size * 8);
  }
  Cipher fetched(EVP_CIPHER_fetch(nullptr, absl::StrCat(name, "-", mode).c_str(), nullptr));
  CheckOpenSsl(fetched != nullptr, name.c_str());
  return fetched;
}

const EVP_MD* Hash(MacHash hash) {
  switch (hash) {
    case MacHash::kSha1:
      return EVP_sha1();
    case MacHash::kSha224:
      return EVP_sha224();
    case MacHash::kSha256:
      return EVP_sha256();
    case MacHash::kSha384:
      return EVP_sha384();
    case MacHash::kSha512:
      return EVP_sha512();
  }
  CheckOpenSsl(false, "an unknown hash");
  return nullptr;
}

// What OpenSSL's key wrap calls for each block.
void DecryptBlock(const unsigned char* in, unsigned char* out, const void* context) {
  int size = 0;
  auto* cipher = static_cast<EVP_CIPHER_CTX*>(const_cast<void*>(context));
  CheckOpenSsl(EVP_DecryptUpdate(cipher, out, &size, in, 16) == 1 && size == 16, "a block cipher");
}

}  // namespace

size_t BlockSize(BlockCipher cipher) { return cipher == BlockCipher::kTripleDes ? 8 : 16; }

absl::StatusOr<SecretBytes> DecryptCbc(BlockCipher cipher, const SecretBytes& key, absl::string_view iv,
                                       absl::string_view ciphertext) {
  const size_t block = BlockSize(cipher);
  const Cipher fetched = Fetch(cipher, key.size(), "CBC");
  if (fetched == nullptr) return Invalid("the key has a wrong length");
  if (iv.size() != block) return Invalid("the initialization vector has a wrong length");
  if (ciphertext.empty() || ciphertext.size() % block != 0)
    return Invalid("the encrypted value has a wrong length");
  const CipherContext context(EVP_CIPHER_CTX_new());
  CheckOpenSsl(context != nullptr, "EVP_CIPHER_CTX_new");
  SecretBytes padded = SecretBytes::Zeros(ciphertext.size());
  int size = 0;
  CheckOpenSsl(EVP_DecryptInit_ex2(context.get(), fetched.get(), key.bytes().data(), AsBytes(iv).data(),
                                   nullptr) == 1 &&
                   EVP_CIPHER_CTX_set_padding(context.get(), 0) == 1 &&
                   EVP_DecryptUpdate(context.get(), padded.mutable_bytes().data(), &size,
                                     AsBytes(ciphertext).data(), static_cast<int>(ciphertext.size())) == 1,
               "CBC");
  // Only the last byte of the padding is defined.
  const size_t padding = padded.bytes().back();
  if (padding == 0 || padding > block) return Invalid("the padding is wrong");
  return SecretBytes(padded.bytes().subspan(0, padded.size() - padding));
}

absl::StatusOr<SecretBytes> UnwrapKey(BlockCipher cipher, const SecretBytes& key, absl::string_view wrapped) {
  const Cipher fetched = cipher == BlockCipher::kTripleDes ? nullptr : Fetch(cipher, key.size(), "ECB");
  if (fetched == nullptr) return Invalid("the key has a wrong length");
  if (wrapped.size() < 2 * kWrapBlock || wrapped.size() % kWrapBlock != 0)
    return Invalid("the wrapped value has a wrong length");
  const CipherContext context(EVP_CIPHER_CTX_new());
  CheckOpenSsl(context != nullptr, "EVP_CIPHER_CTX_new");
  CheckOpenSsl(EVP_DecryptInit_ex2(context.get(), fetched.get(), key.bytes().data(), nullptr, nullptr) == 1 &&
                   EVP_CIPHER_CTX_set_padding(context.get(), 0) == 1,
               "ECB");
  // OpenSSL works in place and needs room for the whole text.
  SecretBytes room = SecretBytes::Zeros(wrapped.size());
  size_t size = CRYPTO_128_unwrap(context.get(), nullptr, room.mutable_bytes().data(),
                                  AsBytes(wrapped).data(), wrapped.size(), &DecryptBlock);
  if (size == 0) {
    size = CRYPTO_128_unwrap_pad(context.get(), nullptr, room.mutable_bytes().data(), AsBytes(wrapped).data(),
                                 wrapped.size(), &DecryptBlock);
  }
  if (size == 0) return Invalid("the integrity check of the wrapped value fails");
  return SecretBytes(room.bytes().subspan(0, size));
}

std::string ComputeMac(MacHash hash, const SecretBytes& key, absl::string_view data) {
  std::string mac(EVP_MAX_MD_SIZE, '\0');
  unsigned int size = 0;
  // OpenSSL refuses a null pointer even for an empty key.
  constexpr uint8_t kNone = 0;
  CheckOpenSsl(
      HMAC(Hash(hash), key.empty() ? &kNone : key.bytes().data(), static_cast<int>(key.size()),
           AsBytes(data).data(), data.size(), reinterpret_cast<uint8_t*>(mac.data()), &size) != nullptr,
      "HMAC");
  mac.resize(size);
  return mac;
}

SecretBytes DeriveKey(MacHash hash, const SecretBytes& password, absl::string_view salt, int iterations,
                      size_t size) {
  SecretBytes key = SecretBytes::Zeros(size);
  const absl::Span<const uint8_t> salt_bytes = AsBytes(salt);
  CheckOpenSsl(PKCS5_PBKDF2_HMAC(password.text().data(), static_cast<int>(password.size()), salt_bytes.data(),
                                 static_cast<int>(salt_bytes.size()), iterations, Hash(hash),
                                 static_cast<int>(size), key.mutable_bytes().data()) == 1,
               "PBKDF2");
  return key;
}

}  // namespace twofold
