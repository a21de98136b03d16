#include "storage/redis/tls_client.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "asio.hpp"
#include "asio/ssl.hpp"
#include "common/status_macros.h"
#include "common/trusted_file.h"
#include "storage/redis/stream_transport.h"

namespace twofold::redis {
namespace {

using TlsStream = asio::ssl::stream<asio::ip::tcp::socket>;
using Context = std::shared_ptr<asio::ssl::context>;

// The system's bundle of authorities has a quarter of that.
constexpr size_t kMaxFileSize = 1 << 20;

absl::Status Unusable(absl::string_view option, const std::string& path, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("option ", option, ": ", path, " ", why));
}

// Gives the content of a file to `use`, and forgets it.
template <typename Use>
absl::Status WithFile(absl::string_view option, const std::string& path, Secrecy secrecy, Use use) {
  std::string text;
  const absl::Cleanup wipe = [&text] { OPENSSL_cleanse(text.data(), text.size()); };
  const absl::Status read = ReadTrustedFile(path, secrecy, kMaxFileSize, text);
  if (absl::IsNotFound(read)) return Unusable(option, path, "does not exist");
  if (!read.ok()) return Unusable(option, path, read.message());
  asio::error_code error;
  use(asio::buffer(text), error);
  return error ? Unusable(option, path, absl::StrCat("cannot be used: ", error.message())) : absl::OkStatus();
}

absl::Status LoadAuthorities(asio::ssl::context& context, const std::string& path) {
  asio::error_code error;
  if (path.empty()) {
    context.set_default_verify_paths(error);
    if (error) return absl::InvalidArgumentError("the system's certificates cannot be read; use tls_ca");
    return absl::OkStatus();
  }
  return WithFile("tls_ca", path, Secrecy::kPublic,
                  [&context](auto pem, auto& failed) { context.add_certificate_authority(pem, failed); });
}

absl::StatusOr<Context> Load(const TlsFiles& files) {
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  TWOFOLD_RETURN_IF_ERROR(LoadAuthorities(*context, files.ca));
  if (files.cert.empty()) return context;
  TWOFOLD_RETURN_IF_ERROR(
      WithFile("tls_cert", files.cert, Secrecy::kPublic,
               [&context](auto pem, auto& failed) { context->use_certificate_chain(pem, failed); }));
  // Fails as well when it is not the certificate's.
  TWOFOLD_RETURN_IF_ERROR(
      WithFile("tls_key", files.key, Secrecy::kSecret, [&context](auto pem, auto& failed) {
        context->use_private_key(pem, asio::ssl::context::pem, failed);
      }));
  return context;
}

// What tells a file from its successor.
using Stamp = std::tuple<dev_t, ino_t, off_t, time_t, decltype(timespec::tv_nsec)>;

std::vector<Stamp> StampsOf(const TlsFiles& files) {
  std::vector<Stamp> stamps;
  for (const std::string& path :
       {files.ca.empty() ? std::string(X509_get_default_cert_file()) : files.ca, files.cert, files.key}) {
    struct stat info = {};
    if (!path.empty() && stat(path.c_str(), &info) != 0) info = {};
    stamps.emplace_back(info.st_dev, info.st_ino, info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
  }
  return stamps;
}

// Who a certificate says that it is for, on one line of plain text.
std::string SubjectOf(X509* certificate) {
  if (certificate == nullptr) return "no certificate";
  const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), &BIO_free);
  X509_NAME_print_ex(out.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
  char text[200];
  const int size = BIO_read(out.get(), text, sizeof(text));
  return std::string(text, static_cast<size_t>(std::max(0, size)));
}

// Why a certificate is not accepted. `fits`: it is good, but for another host.
std::string WhyRefused(X509_STORE_CTX* verification, bool fits, const std::string& host) {
  const std::string subject = SubjectOf(X509_STORE_CTX_get_current_cert(verification));
  if (fits) return absl::StrCat("the certificate of ", subject, " is not for ", host);
  return absl::StrCat(X509_verify_cert_error_string(X509_STORE_CTX_get_error(verification)), ", at depth ",
                      X509_STORE_CTX_get_error_depth(verification), ": ", subject);
}

class AsioTlsClient final : public TlsClient {
 public:
  AsioTlsClient(TlsFiles files, std::vector<Stamp> stamps, Context context)
      : files_(std::move(files)), stamps_(std::move(stamps)), context_(std::move(context)) {}

  asio::awaitable<absl::StatusOr<std::shared_ptr<Transport>>> Handshake(asio::io_context& context, int socket,
                                                                        std::string host,
                                                                        TimePoint until) override {
    asio::ip::tcp::socket plain(context);
    asio::error_code error;
    // The socket's family is not known here, and nothing depends on it once it is connected.
    plain.assign(asio::ip::tcp::v4(), socket, error);
    auto transport = std::make_shared<StreamTransport<TlsStream>>(TlsStream(std::move(plain), *Current()));
    TlsStream& stream = transport->stream();
    const auto refused = std::make_shared<std::string>();
    stream.set_verify_mode(asio::ssl::verify_peer);
    stream.set_verify_callback([named = asio::ssl::host_name_verification(host), host, refused](
                                   bool fits, asio::ssl::verify_context& verification) {
      const bool accepted = named(fits, verification);
      if (!accepted && refused->empty()) *refused = WhyRefused(verification.native_handle(), fits, host);
      return accepted;
    });
    // Servers that hold several certificates choose by this; an address is none of its values (RFC
    // 6066 §3).
    asio::ip::make_address(host, error);
    if (error) SSL_set_tlsext_host_name(stream.native_handle(), host.c_str());
    const Deadline deadline(context, until, [transport] { transport->Close(); });
    error = asio::error_code();
    co_await stream.async_handshake(asio::ssl::stream_base::client,
                                    asio::redirect_error(asio::use_awaitable, error));
    if (deadline.expired()) co_return absl::UnavailableError("the TLS handshake takes too long");
    if (error) {
      const bool untrusted = error.category() == asio::error::get_ssl_category() &&
                             ERR_GET_REASON(static_cast<decltype(ERR_peek_error())>(error.value())) ==
                                 SSL_R_CERTIFICATE_VERIFY_FAILED;
      co_return absl::Status(
          untrusted ? absl::StatusCode::kFailedPrecondition : absl::StatusCode::kUnavailable,
          absl::StrCat("TLS: ", error.message(), refused->empty() ? "" : ": ", *refused));
    }
    co_return std::shared_ptr<Transport>(std::move(transport));
  }

  absl::Status Refresh() override {
    // Before they are read: what changes meanwhile is read again.
    std::vector<Stamp> stamps = StampsOf(files_);
    if (stamps == stamps_) return absl::OkStatus();
    TWOFOLD_ASSIGN_OR_RETURN(Context context, Load(files_));
    stamps_ = std::move(stamps);
    absl::MutexLock lock(&mutex_);
    context_ = std::move(context);
    return absl::OkStatus();
  }

 private:
  Context Current() {
    absl::MutexLock lock(&mutex_);
    return context_;
  }

  const TlsFiles files_;
  // Of what was read last.
  std::vector<Stamp> stamps_;
  absl::Mutex mutex_;
  Context context_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

absl::StatusOr<std::unique_ptr<TlsClient>> NewTlsClient(const TlsFiles& files) {
  std::vector<Stamp> stamps = StampsOf(files);
  TWOFOLD_ASSIGN_OR_RETURN(Context context, Load(files));
  return std::make_unique<AsioTlsClient>(files, std::move(stamps), std::move(context));
}

}  // namespace twofold::redis
