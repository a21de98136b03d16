#include "server/rpc/peer_identities.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/security/auth_context.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/access/forwarded_identity.h"

namespace twofold {
namespace {

absl::StatusOr<std::vector<std::string>> FromHeader(const grpc::ServerContext& context,
                                                    const std::string& header) {
  const auto [first, end] = context.client_metadata().equal_range(header);
  if (first == end) return absl::InvalidArgumentError(absl::StrCat("it has no header ", header));
  if (std::next(first) != end) {
    return absl::InvalidArgumentError(absl::StrCat("it has the header ", header, " twice"));
  }
  absl::StatusOr<std::vector<std::string>> identities =
      ParseForwardedIdentity(absl::string_view(first->second.data(), first->second.size()));
  if (identities.ok()) return identities;
  return absl::InvalidArgumentError(absl::StrCat("its header ", header, ": ", identities.status().message()));
}

void AddAll(const grpc::AuthContext& peer, const char* property, absl::string_view type,
            std::vector<std::string>& identities) {
  for (const grpc::string_ref& value : peer.FindPropertyValues(property)) {
    identities.push_back(absl::StrCat(type, absl::string_view(value.data(), value.size())));
  }
}

}  // namespace

absl::StatusOr<std::vector<std::string>> PeerIdentities(const grpc::ServerContext& context,
                                                        const std::string& caller_header) {
  if (!caller_header.empty()) return FromHeader(context, caller_header);
  if (context.client_metadata().contains(kForwardedClientCert)) {
    return absl::InvalidArgumentError(
        absl::StrCat("it has the header ", kForwardedClientCert, ", which this server does not take"));
  }
  std::vector<std::string> identities;
  const std::shared_ptr<const grpc::AuthContext> peer = context.auth_context();
  if (peer == nullptr || !peer->IsPeerAuthenticated()) return identities;
  AddAll(*peer, GRPC_PEER_URI_PROPERTY_NAME, "uri:", identities);
  AddAll(*peer, GRPC_PEER_DNS_PROPERTY_NAME, "dns:", identities);
  AddAll(*peer, GRPC_PEER_EMAIL_PROPERTY_NAME, "email:", identities);
  return identities;
}

}  // namespace twofold
