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

// The type of the identity that a property of the peer holds. Empty for every other property.
absl::string_view TypeOf(const grpc::string_ref& property) {
  if (property == GRPC_PEER_URI_PROPERTY_NAME) return "uri:";
  if (property == GRPC_PEER_DNS_PROPERTY_NAME) return "dns:";
  if (property == GRPC_PEER_EMAIL_PROPERTY_NAME) return "email:";
  return "";
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
  for (auto property = peer->begin(); property != peer->end(); ++property) {
    const auto [name, value] = *property;
    const absl::string_view type = TypeOf(name);
    if (!type.empty()) {
      identities.push_back(absl::StrCat(type, absl::string_view(value.data(), value.size())));
    }
  }
  return identities;
}

}  // namespace twofold
