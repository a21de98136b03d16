#ifndef TWOFOLD_STORAGE_BACKEND_URI_H_
#define TWOFOLD_STORAGE_BACKEND_URI_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace twofold {

// A URI (RFC 3986) that names a backend, split after its scheme. Each backend parses the rest,
// which may hold a password.
struct BackendUri {
  // Lower case, without the colon.
  std::string scheme;
  std::string rest;
};

// Whether `scheme` is a scheme in lower case (RFC 3986 §3.1).
bool IsUriScheme(absl::string_view scheme);

// INVALID_ARGUMENT: `uri` does not begin with a scheme. The message holds no part of `uri`.
absl::StatusOr<BackendUri> ParseBackendUri(absl::string_view uri);

// The parts of a URI that logs, messages and markers may show. They are what distinguishes two
// stores: hosts, ports, path, database and the name of a master. *** replaces user, password, and
// options that are not known to be harmless. A text that could hide a password in an unexpected
// place is left out as a whole.
std::string RedactUri(absl::string_view uri);

// The absolute or relative path in the URI of a backend that is a file. INVALID_ARGUMENT: there is
// no path, or there is a host or an option.
absl::StatusOr<std::string> FilePathOf(const BackendUri& uri);

// INVALID_ARGUMENT: something follows the scheme. For backends without settings.
absl::Status ExpectNothingMore(const BackendUri& uri);

// Errors of BackendRegistry. `schemes` lists the known ones.
absl::Status BadUri(absl::string_view kind, absl::string_view why, absl::string_view schemes);
absl::Status UnknownScheme(absl::string_view kind, const BackendUri& uri, absl::string_view schemes);

}  // namespace twofold

#endif  // TWOFOLD_STORAGE_BACKEND_URI_H_
