#ifndef TWOFOLD_CRYPTO_TRANSIT_HTTPS_POST_H_
#define TWOFOLD_CRYPTO_TRANSIT_HTTPS_POST_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace twofold {

struct HttpAnswer {
  int code = 0;
  // May hold a secret. The caller wipes it.
  std::string body;
};

struct HttpPost {
  std::string url;
  // CA certificates in PEM. Empty means those of the system.
  std::string ca;
  absl::Duration timeout;
  // "NAME: VALUE".
  std::string header;
  // JSON.
  std::string body;
};

// Sends one request and returns the whole answer. Checks the server's certificate and its name.
// Follows no redirect and uses no proxy. UNAVAILABLE, with the system's reason: there was no
// answer, or it was too long. Blocks for up to the timeout. Thread-safe.
absl::StatusOr<HttpAnswer> SendPost(const HttpPost& post);

}  // namespace twofold

#endif  // TWOFOLD_CRYPTO_TRANSIT_HTTPS_POST_H_
