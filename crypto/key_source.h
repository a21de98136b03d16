#ifndef TWOFOLD_CRYPTO_KEY_SOURCE_H_
#define TWOFOLD_CRYPTO_KEY_SOURCE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "crypto/key_ring.h"
#include "crypto/key_wrapper.h"

namespace twofold {

// Where the key ring comes from. One thread at a time may use a source. Errors are one sentence for
// operators and contain nothing of a key.
class KeySource {
 public:
  virtual ~KeySource() = default;

  // The path of the file that holds the ring. The ring may have changed when the file did.
  virtual const std::string& file() const = 0;

  // The service that wraps the keys of the file. Null if they are in clear. It belongs to the
  // source.
  virtual KeyWrapper* wrapper() const = 0;

  // Reads the ring as it is now. Returns NOT_FOUND if there is no file. Returns UNAVAILABLE if a
  // wrapped key is not known yet and the service cannot be reached. Blocks.
  virtual absl::StatusOr<std::unique_ptr<KeyRing>> Load() = 0;
};

}  // namespace twofold

#endif  // TWOFOLD_CRYPTO_KEY_SOURCE_H_
