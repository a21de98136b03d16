#ifndef TWOFOLD_CRYPTO_KEY_WRAPPER_H_
#define TWOFOLD_CRYPTO_KEY_WRAPPER_H_

#include <string>

#include "absl/status/statusor.h"
#include "crypto/secret_bytes.h"

namespace twofold {

// A service that encrypts keys under a key of its own, which it never gives away. Errors are one
// sentence for operators and contain nothing of a key. UNAVAILABLE: the service cannot be reached
// or does not work now. Other errors need an operator. The functions block. Thread-safe.
class KeyWrapper {
 public:
  virtual ~KeyWrapper() = default;

  // Returns the wrapped key as printable text.
  virtual absl::StatusOr<std::string> Wrap(const SecretBytes& key) = 0;
  virtual absl::StatusOr<SecretBytes> Unwrap(const std::string& wrapped) = 0;
};

}  // namespace twofold

#endif  // TWOFOLD_CRYPTO_KEY_WRAPPER_H_
