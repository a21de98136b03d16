#include "server/methods/webauthn/client_data.h"

#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "common/status_macros.h"
#include "server/methods/webauthn/strict_json.h"

namespace twofold {

absl::StatusOr<ClientData> ParseClientData(absl::string_view json) {
  if (json.size() > kMaxClientDataSize) return absl::InvalidArgumentError("clientDataJSON is too long");
  TWOFOLD_ASSIGN_OR_RETURN(const nlohmann::json root, ParseJsonObject(json));
  ClientData data;
  TWOFOLD_ASSIGN_OR_RETURN(data.type, TextMember(root, "type"));
  TWOFOLD_ASSIGN_OR_RETURN(data.challenge, BytesMember(root, "challenge"));
  TWOFOLD_ASSIGN_OR_RETURN(data.origin, TextMember(root, "origin"));
  if (const nlohmann::json* const cross = FindMember(root, "crossOrigin"); cross != nullptr) {
    if (!cross->is_boolean()) return absl::InvalidArgumentError("crossOrigin is not true or false");
    data.cross_origin = cross->get<bool>();
  }
  data.has_top_origin = FindMember(root, "topOrigin") != nullptr;
  if (data.has_top_origin) {
    TWOFOLD_ASSIGN_OR_RETURN(data.top_origin, TextMember(root, "topOrigin"));
  }
  return data;
}

}  // namespace twofold
