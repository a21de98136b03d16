#include "crypto/secret_bytes.h"

#include <algorithm>
#include <utility>

#include "crypto/bytes.h"
#include "crypto/openssl.h"

namespace twofold {

SecretBytes::SecretBytes(absl::Span<const uint8_t> bytes) : SecretBytes(Zeros(bytes.size())) {
  std::copy(bytes.begin(), bytes.end(), data_.get());
}

SecretBytes SecretBytes::FromString(absl::string_view text) { return SecretBytes(AsBytes(text)); }

SecretBytes SecretBytes::Zeros(size_t size) {
  SecretBytes secret;
  secret.data_ = std::make_unique<uint8_t[]>(size);
  secret.size_ = size;
  return secret;
}

SecretBytes::~SecretBytes() { Wipe(); }

SecretBytes::SecretBytes(SecretBytes&& other) noexcept
    : data_(std::move(other.data_)), size_(std::exchange(other.size_, 0)) {}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
  if (this == &other) return *this;
  Wipe();
  data_ = std::move(other.data_);
  size_ = std::exchange(other.size_, 0);
  return *this;
}

SecretBytes SecretBytes::Clone() const { return SecretBytes(bytes()); }

absl::string_view SecretBytes::text() const { return AsText(bytes()); }

bool SecretBytes::ConstantTimeEquals(const SecretBytes& other) const {
  return size_ == other.size_ && CRYPTO_memcmp(data_.get(), other.data_.get(), size_) == 0;
}

std::ostream& operator<<(std::ostream& out, const SecretBytes& /*secret*/) { return out << "[secret]"; }

void SecretBytes::Wipe() {
  if (data_ != nullptr) OPENSSL_cleanse(data_.get(), size_);
}

void WipeString(std::string& text) {
  // Growing to the capacity never reallocates. It makes the spare bytes part of this string.
  text.resize(text.capacity());
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

}  // namespace twofold
