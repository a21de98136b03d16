#include "crypto/aead.h"

#include <climits>
#include <utility>

#include "absl/status/status.h"
#include "crypto/bytes.h"
#include "crypto/openssl.h"

namespace twofold {
namespace {

absl::Status CannotOpen() {
  return absl::DataLossError("a sealed text is damaged or was sealed for something else");
}

// The context keeps its cipher, because setting it again would free and allocate.
EVP_CIPHER_CTX* ThreadContext() {
  thread_local const CipherContext context = [] {
    CipherContext created(EVP_CIPHER_CTX_new());
    CheckOpenSsl(created != nullptr &&
                     EVP_EncryptInit_ex2(created.get(), FetchedAes256Gcm(), nullptr, nullptr, nullptr) == 1,
                 "EVP_EncryptInit_ex2");
    return created;
  }();
  return context.get();
}

uint8_t* Writable(std::string& text, size_t at) { return reinterpret_cast<uint8_t*>(text.data()) + at; }

}  // namespace

Aead::Aead(SecretBytes key) : key_(std::move(key)) {
  CheckOpenSsl(key_.size() == kKeySize, "the size of a key");
}

std::string Aead::Seal(Random& random, absl::string_view plaintext, absl::string_view associated_data) const {
  CheckOpenSsl(plaintext.size() <= INT_MAX && associated_data.size() <= INT_MAX,
               "the size of a text to seal");
  const absl::Span<const uint8_t> in = AsBytes(plaintext);
  const absl::Span<const uint8_t> aad = AsBytes(associated_data);
  std::string sealed(kNonceSize + in.size() + kTagSize, '\0');
  uint8_t* const nonce = Writable(sealed, 0);
  uint8_t* const ciphertext = Writable(sealed, kNonceSize);
  uint8_t* const tag = Writable(sealed, kNonceSize + in.size());
  random.Fill({nonce, kNonceSize});
  EVP_CIPHER_CTX* const context = ThreadContext();
  int length = 0;
  CheckOpenSsl(
      EVP_EncryptInit_ex2(context, nullptr, key_.bytes().data(), nonce, nullptr) == 1 &&
          EVP_EncryptUpdate(context, nullptr, &length, aad.data(), static_cast<int>(aad.size())) == 1 &&
          EVP_EncryptUpdate(context, ciphertext, &length, in.data(), static_cast<int>(in.size())) == 1 &&
          EVP_EncryptFinal_ex(context, tag, &length) == 1 &&
          EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kTagSize, tag) == 1,
      "AES-256-GCM");
  return sealed;
}

absl::StatusOr<SecretBytes> Aead::Open(absl::string_view sealed, absl::string_view associated_data) const {
  if (sealed.size() < kNonceSize + kTagSize || sealed.size() > INT_MAX || associated_data.size() > INT_MAX) {
    return CannotOpen();
  }
  const absl::Span<const uint8_t> all = AsBytes(sealed);
  const absl::Span<const uint8_t> in = all.subspan(kNonceSize, all.size() - kNonceSize - kTagSize);
  const absl::Span<const uint8_t> aad = AsBytes(associated_data);
  std::string tag(sealed.substr(sealed.size() - kTagSize));
  SecretBytes plaintext = SecretBytes::Zeros(in.size());
  EVP_CIPHER_CTX* const context = ThreadContext();
  int length = 0;
  CheckOpenSsl(
      EVP_DecryptInit_ex2(context, nullptr, key_.bytes().data(), all.data(), nullptr) == 1 &&
          EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kTagSize, tag.data()) == 1 &&
          EVP_DecryptUpdate(context, nullptr, &length, aad.data(), static_cast<int>(aad.size())) == 1 &&
          EVP_DecryptUpdate(context, plaintext.mutable_bytes().data(), &length, in.data(),
                            static_cast<int>(in.size())) == 1,
      "AES-256-GCM");
  if (EVP_DecryptFinal_ex(context, Writable(tag, 0), &length) != 1) return CannotOpen();
  return plaintext;
}

}  // namespace twofold
