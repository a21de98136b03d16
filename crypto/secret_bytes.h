#ifndef TWOFOLD_CRYPTO_SECRET_BYTES_H_
#define TWOFOLD_CRYPTO_SECRET_BYTES_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <ostream>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace twofold {

// Owns bytes that must not stay in memory or be shown. They are allocated once, at their final
// size, and overwritten before they are freed. Moving hands over the allocation and leaves the
// source empty. Only Clone copies.
class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(absl::Span<const uint8_t> bytes);
  static SecretBytes FromString(absl::string_view text);
  // Returns `size` zero bytes, to be written in place.
  static SecretBytes Zeros(size_t size);

  ~SecretBytes();
  SecretBytes(SecretBytes&& other) noexcept;
  SecretBytes& operator=(SecretBytes&& other) noexcept;

  SecretBytes Clone() const;

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // The views of bytes, mutable_bytes and text are valid until this object is moved from, assigned
  // or destroyed.
  absl::Span<const uint8_t> bytes() const { return {data_.get(), size_}; }
  absl::Span<uint8_t> mutable_bytes() { return {data_.get(), size_}; }
  absl::string_view text() const;

  // Takes the same time whatever the bytes are. The sizes are not secret.
  bool ConstantTimeEquals(const SecretBytes& other) const;

  // Prints a mask, and neither the bytes nor their number.
  friend std::ostream& operator<<(std::ostream& out, const SecretBytes& secret);

 private:
  void Wipe();

  std::unique_ptr<uint8_t[]> data_;
  size_t size_ = 0;
};

// Overwrites and empties a string that held a secret, including its spare capacity.
void WipeString(std::string& text);

}  // namespace twofold

#endif  // TWOFOLD_CRYPTO_SECRET_BYTES_H_
