#ifndef TWOFOLD_CRYPTO_CMS_H_
#define TWOFOLD_CRYPTO_CMS_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/secret_bytes.h"

// Files that are sealed for one recipient: CMS AuthEnvelopedData (RFC 5083) with AES-256-GCM (RFC
// 5084). `openssl cms -decrypt -inform DER` opens them too. It writes the content before it has
// checked the tag, so its exit code must be looked at.

namespace twofold {

inline constexpr size_t kMinCmsPasswordSize = 12;
// The longest file that OpenCms takes.
inline constexpr size_t kMaxCmsFileSize = size_t{1} << 30;

// Seals a file that is made piece by piece. It keeps no more of it than one piece. The file is in
// BER with indefinite lengths, because DER would need the length of the content first. Not
// thread-safe.
class CmsSealer {
 public:
  // Seals for the owner of an X.509 certificate in PEM. An RSA key takes the content key by OAEP
  // with SHA-256 (RFC 3560), an EC key by ECDH (RFC 5753). INVALID_ARGUMENT, with the reason, for
  // text that is no certificate, for another kind of key, for an RSA key below 2048 bits, and for a
  // certificate whose key usage allows neither. The dates of the certificate are not checked.
  static absl::StatusOr<std::unique_ptr<CmsSealer>> ForCertificate(absl::string_view pem);

  // Seals for everybody who knows the password (RFC 3211, with PBKDF2). INVALID_ARGUMENT for a
  // password below kMinCmsPasswordSize bytes. Deriving the key takes about half a second.
  static absl::StatusOr<std::unique_ptr<CmsSealer>> ForPassword(absl::string_view password);

  virtual ~CmsSealer() = default;

  // Takes the next piece of the content and returns the next bytes of the file, which may be none.
  // Must not be called after Finish. Pieces of 64 KiB suit it.
  virtual std::string Add(absl::string_view content) = 0;

  // Returns the bytes that end the file. Must be called once.
  virtual std::string Finish() = 0;

 protected:
  CmsSealer() = default;
};

// What opens a file. One of both is set.
struct CmsOpener {
  // The private key of the certificate, in PEM without a password.
  SecretBytes private_key_pem;
  SecretBytes password;
};

// Returns the content of a whole file, and nothing of it before the tag is checked. `file` is in DER
// or BER. Takes files of CmsSealer only: no other content encryption, and no file without a tag.
//
// INVALID_ARGUMENT if `file` is no such file or the private key is no key in PEM. DATA_LOSS, always
// with the same message, if the key or the password is wrong or the file was changed.
absl::StatusOr<SecretBytes> OpenCms(absl::string_view file, const CmsOpener& opener);

// Whether `file` begins like a CMS message.
bool LooksLikeCms(absl::string_view file);

}  // namespace twofold

#endif  // TWOFOLD_CRYPTO_CMS_H_
