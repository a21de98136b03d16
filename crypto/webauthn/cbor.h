#ifndef TWOFOLD_CRYPTO_WEBAUTHN_CBOR_H_
#define TWOFOLD_CRYPTO_WEBAUTHN_CBOR_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace twofold {

// Reads the part of CBOR (RFC 8949) that security keys write: the canonical form of CTAP 2.1,
// section 8. Lengths are definite and every head has its shortest form. There are no tags, no
// floats and no `undefined`. Text is UTF-8.
//
// The reader allocates nothing: what it returns are views of the input, which must outlive them. A
// length that is larger than the rest of the input is an error before anything is done with it. All
// errors are INVALID_ARGUMENT and quote nothing of the input. After an error the reader must not be
// used. Not thread-safe.
class CborReader {
 public:
  explicit CborReader(absl::string_view bytes) : rest_(bytes) {}

  // What was not read yet.
  absl::string_view rest() const { return rest_; }

  // Each of these takes one item of that type. An integer must fit into 64 bits with its sign.
  absl::StatusOr<int64_t> TakeInteger();
  absl::StatusOr<absl::string_view> TakeBytes();
  absl::StatusOr<absl::string_view> TakeText();

  // Takes the head of a map and returns the number of its pairs, which follow.
  absl::StatusOr<size_t> TakeMap();

  // Takes one item of any type with all that it contains. Maps and arrays may be nested `depth`
  // levels deep. The keys of a map are integers or texts in canonical order, so that no key comes
  // twice.
  absl::Status Skip(int depth);
  // The same for an item that must be a map.
  absl::Status SkipMap(int depth);

  // Fails if anything is left.
  absl::Status Finish() const;

 private:
  enum class Major : uint8_t { kUnsigned, kNegative, kBytes, kText, kArray, kMap, kTag, kSimple };
  struct Head {
    Major major;
    uint64_t argument;
  };

  absl::StatusOr<Head> TakeHead();
  absl::StatusOr<absl::string_view> TakeString(Major major);
  absl::StatusOr<absl::string_view> TakeContent(const Head& head);
  absl::StatusOr<absl::string_view> TakeKey();

  absl::string_view rest_;
};

}  // namespace twofold

#endif  // TWOFOLD_CRYPTO_WEBAUTHN_CBOR_H_
