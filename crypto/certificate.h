#ifndef TWOFOLD_CRYPTO_CERTIFICATE_H_
#define TWOFOLD_CRYPTO_CERTIFICATE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

// X.509 certificates in PEM (RFC 5280, RFC 7468). The functions are pure and thread-safe.

namespace twofold {

struct Certificate {
  // The subject's distinguished name on one line. It may be empty.
  std::string subject;
  absl::Time not_before;
  absl::Time not_after;
  // The subject alternative names with their type in front: "uri:…", "dns:…" and "email:…". Names
  // of other types are left out.
  std::vector<std::string> identities;
  // Whether a TLS server may present it (the extended key usage, if there is one).
  bool for_servers = false;
};

// Reads the first certificate of `pem`, to which a chain of others may be appended. Returns
// INVALID_ARGUMENT if a certificate of the text cannot be read, or if there is none.
absl::StatusOr<Certificate> ReadCertificate(absl::string_view pem);

// Returns OK if `key_pem`, a private key without a password, belongs to the first certificate of
// `certificate_pem`. Otherwise INVALID_ARGUMENT, which names the two as "the key" and "the
// certificate".
absl::Status CheckKeyBelongs(absl::string_view certificate_pem, absl::string_view key_pem);

// Returns OK if OpenSSL, with the security level of this machine, takes the certificates and the key
// for a TLS server. Otherwise INVALID_ARGUMENT with OpenSSL's reason, such as "ee key too small".
absl::Status CheckUsableForTls(absl::string_view certificate_pem, absl::string_view key_pem);

// Returns OK if a certificate of `pem` may issue others and is valid `now`. INVALID_ARGUMENT says
// what is wrong.
absl::Status CheckAuthorities(absl::string_view pem, absl::Time now);

// Returns OK if `now` lies within the certificate's time. Otherwise FAILED_PRECONDITION with the
// limit in UTC.
absl::Status CheckTime(const Certificate& certificate, absl::Time now);

}  // namespace twofold

#endif  // TWOFOLD_CRYPTO_CERTIFICATE_H_
