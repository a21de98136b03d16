#ifndef TWOFOLD_CRYPTO_TRANSIT_TRANSIT_H_
#define TWOFOLD_CRYPTO_TRANSIT_TRANSIT_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "crypto/key_wrapper.h"

// Wraps keys by the Transit secrets engine, which OpenBao and Vault have. The protocol is HTTP with
// JSON: https://openbao.org/api-docs/secret/transit/.

namespace twofold {

struct TransitSettings {
  // "https://HOST:PORT", or "http://HOST:PORT" on loopback.
  std::string server;
  // The path of the engine, with the namespace in front if there is one.
  std::string mount;
  std::string key;
  // The file of the key ring.
  std::string keyring;
  // Holds the token. It is read for each request, because whoever keeps it fresh replaces it.
  std::string token_file;
  // CA certificates in PEM. Empty means those of the system.
  std::string ca;
  // For a whole request.
  absl::Duration timeout = absl::Seconds(5);
};

// Parses the rest of a URI after its scheme:
// //HOST:PORT/MOUNT/KEY?keyring=PATH&token_file=PATH[&ca=PATH][&timeout=TIME]
// INVALID_ARGUMENT, in words for operators, if it is malformed, or if `tls` is false and HOST is
// not this machine.
absl::StatusOr<TransitSettings> ParseTransitUri(absl::string_view rest, bool tls);

// Opens no connection before the first call. Follows no redirect, uses no proxy, and takes no more
// than a few KiB of answer.
std::unique_ptr<KeyWrapper> NewTransitWrapper(TransitSettings settings);

}  // namespace twofold

#endif  // TWOFOLD_CRYPTO_TRANSIT_TRANSIT_H_
