#include "storage/redis/tls_client.h"

#include <openssl/ssl.h>

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "asio.hpp"
#include "asio/ssl.hpp"
#include "storage/redis/stream_transport.h"

namespace twofold::redis {
namespace {

using TlsStream = asio::ssl::stream<asio::ip::tcp::socket>;

class AsioTlsClient final : public TlsClient {
 public:
  explicit AsioTlsClient(asio::ssl::context context) : context_(std::move(context)) {}

  asio::awaitable<absl::StatusOr<std::shared_ptr<Transport>>> Handshake(asio::io_context& context, int socket,
                                                                        std::string host,
                                                                        TimePoint until) override {
    asio::ip::tcp::socket plain(context);
    asio::error_code error;
    // The socket's family is not known here, and nothing depends on it once it is connected.
    plain.assign(asio::ip::tcp::v4(), socket, error);
    auto transport = std::make_shared<StreamTransport<TlsStream>>(TlsStream(std::move(plain), context_));
    TlsStream& stream = transport->stream();
    stream.set_verify_mode(asio::ssl::verify_peer);
    stream.set_verify_callback(asio::ssl::host_name_verification(host));
    // Servers that hold several certificates choose by this; an address is none of its values (RFC 6066 §3).
    asio::ip::make_address(host, error);
    if (error) SSL_set_tlsext_host_name(stream.native_handle(), host.c_str());
    const Deadline deadline(context, until, [transport] { transport->Close(); });
    error = asio::error_code();
    co_await stream.async_handshake(asio::ssl::stream_base::client,
                                    asio::redirect_error(asio::use_awaitable, error));
    if (deadline.expired()) co_return absl::UnavailableError("the TLS handshake takes too long");
    if (error) co_return absl::UnavailableError(absl::StrCat("TLS: ", error.message()));
    co_return std::shared_ptr<Transport>(std::move(transport));
  }

 private:
  asio::ssl::context context_;
};

absl::Status Unusable(absl::string_view option, const std::string& path, const asio::error_code& error) {
  return absl::InvalidArgumentError(absl::StrCat("option ", option, ": ", path, ": ", error.message()));
}

}  // namespace

absl::StatusOr<std::unique_ptr<TlsClient>> NewTlsClient(const TlsFiles& files) {
  asio::ssl::context context(asio::ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  asio::error_code error;
  if (files.ca.empty()) {
    context.set_default_verify_paths(error);
    if (error) return absl::InvalidArgumentError("the system's certificates cannot be read; use tls_ca");
  } else {
    context.load_verify_file(files.ca, error);
    if (error) return Unusable("tls_ca", files.ca, error);
  }
  if (!files.cert.empty()) {
    context.use_certificate_chain_file(files.cert, error);
    if (error) return Unusable("tls_cert", files.cert, error);
    context.use_private_key_file(files.key, asio::ssl::context::pem, error);
    if (error) return Unusable("tls_key", files.key, error);
  }
  return std::make_unique<AsioTlsClient>(std::move(context));
}

}  // namespace twofold::redis
