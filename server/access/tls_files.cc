#include "server/access/tls_files.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "common/trusted_file.h"
#include "crypto/certificate.h"

namespace twofold {
namespace {

constexpr size_t kMaxPemBytes = size_t{1} << 20;

absl::Status Named(const std::string& path, const absl::Status& status) {
  return status.ok() ? status : absl::Status(status.code(), absl::StrCat(path, ": ", status.message()));
}

absl::Status ReadPem(const std::string& path, Secrecy secrecy, std::string& pem) {
  return Named(path, ReadTrustedFile(path, secrecy, kMaxPemBytes, pem));
}

}  // namespace

absl::StatusOr<std::shared_ptr<const TlsMaterial>> LoadTlsMaterial(const TlsPaths& paths, absl::Time now) {
  auto material = std::make_shared<TlsMaterial>();
  TWOFOLD_RETURN_IF_ERROR(ReadPem(paths.certificate, Secrecy::kPublic, material->certificate_pem));
  std::string key;
  const absl::Status key_read = ReadPem(paths.key, Secrecy::kSecret, key);
  material->key_pem = SecretBytes::FromString(key);
  WipeString(key);
  TWOFOLD_RETURN_IF_ERROR(key_read);
  const absl::StatusOr<Certificate> certificate = ReadCertificate(material->certificate_pem);
  if (!certificate.ok()) return Named(paths.certificate, certificate.status());
  TWOFOLD_RETURN_IF_ERROR(Named(paths.certificate, CheckTime(*certificate, now)));
  if (!certificate->for_servers) {
    return absl::FailedPreconditionError(
        absl::StrCat(paths.certificate, ": its extended key usage does not allow TLS servers"));
  }
  const absl::Status belongs = CheckKeyBelongs(material->certificate_pem, material->key_pem.text());
  if (!belongs.ok()) {
    return absl::Status(belongs.code(),
                        absl::StrCat(paths.key, " and ", paths.certificate, ": ", belongs.message()));
  }
  TWOFOLD_RETURN_IF_ERROR(
      Named(paths.certificate, CheckUsableForTls(material->certificate_pem, material->key_pem.text())));
  material->not_after = certificate->not_after;
  if (!paths.client_ca.empty()) {
    TWOFOLD_RETURN_IF_ERROR(ReadPem(paths.client_ca, Secrecy::kPublic, material->client_ca_pem));
    TWOFOLD_RETURN_IF_ERROR(Named(paths.client_ca, CheckAuthorities(material->client_ca_pem, now)));
  }
  return material;
}

}  // namespace twofold
