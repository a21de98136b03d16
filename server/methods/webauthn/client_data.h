#ifndef TWOFOLD_SERVER_METHODS_WEBAUTHN_CLIENT_DATA_H_
#define TWOFOLD_SERVER_METHODS_WEBAUTHN_CLIENT_DATA_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace twofold {

// In bytes.
inline constexpr size_t kMaxClientDataSize = size_t{4} << 10;

// What the browser says of a ceremony: CollectedClientData (WebAuthn Level 3 section 5.8.1). The
// key signs a digest of its text.
struct ClientData {
  // "webauthn.create" or "webauthn.get". It is not judged here.
  std::string type;
  // The raw bytes, of any number.
  std::string challenge;
  std::string origin;
  // False where the browser does not tell.
  bool cross_origin = false;
  // Empty without has_top_origin.
  std::string top_origin;
  bool has_top_origin = false;
};

// Parses clientDataJSON, a JSON text in UTF-8. Members of other names are ignored, because browsers
// add some. INVALID_ARGUMENT, in words for developers that quote nothing of the input. Thread-safe.
absl::StatusOr<ClientData> ParseClientData(absl::string_view json);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_METHODS_WEBAUTHN_CLIENT_DATA_H_
