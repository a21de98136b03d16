#ifndef TWOFOLD_STORAGE_BACKEND_URI_H_
#define TWOFOLD_STORAGE_BACKEND_URI_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace twofold {

// A URI (RFC 3986) that names a backend, cut after its scheme; each backend reads the rest. It may hold a
// password.
struct BackendUri {
  // Lower case, without the colon.
  std::string scheme;
  std::string rest;
};

// Whether `scheme` is one in lower case (RFC 3986 §3.1).
bool IsUriScheme(absl::string_view scheme);

// INVALID_ARGUMENT, without any part of `uri`, when it does not begin with a scheme.
absl::StatusOr<BackendUri> ParseBackendUri(absl::string_view uri);

// What anybody may see of a URI, in logs, messages and the marks of a move: everything that tells two stores
// apart (hosts, ports, path, database, name of a master), with *** for user and password and for options that
// are not known to be harmless. A text that could hide a password where none is expected is left out as a
// whole.
std::string RedactUri(absl::string_view uri);

// For backends that live in a file: the path in `uri`, absolute or relative. INVALID_ARGUMENT when there is
// none, or a host or options beside it.
absl::StatusOr<std::string> FilePathOf(const BackendUri& uri);

// For backends without any settings: INVALID_ARGUMENT when something follows the scheme.
absl::Status ExpectNothingMore(const BackendUri& uri);

// Errors of BackendRegistry. `schemes` lists what is known.
absl::Status BadUri(absl::string_view kind, absl::string_view why, absl::string_view schemes);
absl::Status UnknownScheme(absl::string_view kind, const BackendUri& uri, absl::string_view schemes);

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_BACKEND_URI_H_
