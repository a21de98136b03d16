#include "clients/cpp/tls.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/clock.h"
#include "common/status_macros.h"
#include "common/trusted_file.h"
#include "crypto/certificate.h"

namespace twofold {
namespace {

constexpr size_t kMaxPemBytes = size_t{1} << 20;

absl::Status Named(const std::string& path, const absl::Status& status) {
  return status.ok() ? status : absl::Status(status.code(), absl::StrCat(path, ": ", status.message()));
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> LoadTlsCredentials(const ClientTlsFiles& files) {
  grpc::SslCredentialsOptions options;
  TWOFOLD_RETURN_IF_ERROR(
      Named(files.ca, ReadTrustedFile(files.ca, Secrecy::kPublic, kMaxPemBytes, options.pem_root_certs)));
  TWOFOLD_RETURN_IF_ERROR(Named(files.ca, ReadCertificate(options.pem_root_certs).status()));
  if (files.certificate.empty() != files.key.empty()) {
    return absl::InvalidArgumentError("a client certificate and its key are named together");
  }
  if (files.certificate.empty()) return grpc::SslCredentials(options);
  TWOFOLD_RETURN_IF_ERROR(Named(files.certificate, ReadTrustedFile(files.certificate, Secrecy::kPublic,
                                                                   kMaxPemBytes, options.pem_cert_chain)));
  TWOFOLD_RETURN_IF_ERROR(
      Named(files.key, ReadTrustedFile(files.key, Secrecy::kSecret, kMaxPemBytes, options.pem_private_key)));
  const absl::StatusOr<Certificate> certificate = ReadCertificate(options.pem_cert_chain);
  if (!certificate.ok()) return Named(files.certificate, certificate.status());
  TWOFOLD_RETURN_IF_ERROR(
      Named(files.certificate, CheckTime(*certificate, absl::FromUnixMillis(SystemClock().Now()))));
  TWOFOLD_RETURN_IF_ERROR(Named(absl::StrCat(files.key, " and ", files.certificate),
                                CheckKeyBelongs(options.pem_cert_chain, options.pem_private_key)));
  return grpc::SslCredentials(options);
}

}  // namespace twofold
