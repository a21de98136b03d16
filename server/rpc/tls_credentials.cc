#include "server/rpc/tls_credentials.h"

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>

#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/steady.h"

namespace twofold {
namespace {

// gRPC's C++ interface reads a certificate once, or from files of which it may see a key without
// its certificate. Its C interface asks a function at every handshake.
class CurrentTlsCredentials final : public grpc::ServerCredentials {
 public:
  CurrentTlsCredentials(const Current<TlsMaterial>& material, absl::Duration session_life)
      : material_(material), session_life_(session_life) {
    const bool asks_clients = !material.Get()->client_ca_pem.empty();
    grpc_ssl_server_credentials_options* const options =
        grpc_ssl_server_credentials_create_options_using_config_fetcher(
            asks_clients ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                         : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE,
            &CurrentTlsCredentials::Fetch, this);
    credentials_ = grpc_ssl_server_credentials_create_with_options(options);
  }

  ~CurrentTlsCredentials() override { grpc_server_credentials_release(credentials_); }

  void SetAuthMetadataProcessor(const std::shared_ptr<grpc::AuthMetadataProcessor>&) override {}

 private:
  int AddPortToServer(const std::string& address, grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), credentials_);
  }

  static grpc_ssl_certificate_config_reload_status Fetch(void* self,
                                                         grpc_ssl_server_certificate_config** config) {
    return static_cast<CurrentTlsCredentials*>(self)->FetchNew(config);
  }

  grpc_ssl_certificate_config_reload_status FetchNew(grpc_ssl_server_certificate_config** config) {
    std::shared_ptr<const TlsMaterial> now = material_.Get();
    absl::MutexLock lock(&mutex_);
    if (now == presented_ && SteadyNow() < new_keys_time_)
      return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    // gRPC copies the texts.
    const std::string key(now->key_pem.text());
    const grpc_ssl_pem_key_cert_pair pair = {key.c_str(), now->certificate_pem.c_str()};
    // gRPC wants roots even if it asks clients for nothing.
    const std::string& roots = now->client_ca_pem.empty() ? now->certificate_pem : now->client_ca_pem;
    *config = grpc_ssl_server_certificate_config_create(roots.c_str(), &pair, 1);
    presented_ = std::move(now);
    // With each configuration gRPC draws new keys for its session tickets.
    new_keys_time_ = SteadyAfter(session_life_);
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
  }

  const Current<TlsMaterial>& material_;
  const absl::Duration session_life_;
  grpc_server_credentials* credentials_;
  absl::Mutex mutex_;
  // What gRPC was given last.
  std::shared_ptr<const TlsMaterial> presented_ ABSL_GUARDED_BY(mutex_);
  SteadyTime new_keys_time_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

std::shared_ptr<grpc::ServerCredentials> NewTlsCredentials(const Current<TlsMaterial>& material,
                                                           absl::Duration session_life) {
  return std::make_shared<CurrentTlsCredentials>(material, session_life);
}

}  // namespace twofold
