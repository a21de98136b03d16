#include "server/methods/webauthn/credential_json.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "common/status_macros.h"
#include "crypto/webauthn/authenticator_data.h"
#include "server/methods/webauthn/strict_json.h"

namespace twofold {
namespace {

using nlohmann::json;

// WebAuthn Level 3 section 5.4.3.
constexpr size_t kMaxUserHandleSize = 64;

constexpr std::array<absl::string_view, 6> kTransports = {"ble", "hybrid",     "internal",
                                                          "nfc", "smart-card", "usb"};

absl::Status Invalid(absl::string_view why) { return absl::InvalidArgumentError(why); }

absl::StatusOr<json> ParseRoot(absl::string_view text) {
  if (text.size() > kMaxCredentialJsonSize) return Invalid("the credential is longer than 16 KiB");
  return ParseJsonObject(text);
}

// Reads what both kinds have, and returns the member "response".
template <typename Credential>
absl::StatusOr<const json*> ReadCommon(const json& root, Credential& credential) {
  TWOFOLD_ASSIGN_OR_RETURN(const std::string type, TextMember(root, "type"));
  if (type != "public-key") return Invalid("the credential has another type than public-key");
  TWOFOLD_ASSIGN_OR_RETURN(credential.id, BytesMember(root, "rawId"));
  TWOFOLD_ASSIGN_OR_RETURN(const std::string id, BytesMember(root, "id"));
  if (id != credential.id) return Invalid("id and rawId differ");
  if (id.empty() || id.size() > kMaxCredentialIdSize)
    return Invalid("the credential id does not have 1 to 1,023 bytes");
  const json* const response = FindMember(root, "response");
  if (response == nullptr || !response->is_object()) return Invalid("the JSON has no object response");
  TWOFOLD_ASSIGN_OR_RETURN(credential.client_data_json, BytesMember(*response, "clientDataJSON"));
  TWOFOLD_ASSIGN_OR_RETURN(credential.client_data, ParseClientData(credential.client_data_json));
  return response;
}

absl::StatusOr<std::vector<std::string>> ReadTransports(const json& response) {
  std::vector<std::string> known;
  const json* const transports = FindMember(response, "transports");
  if (transports == nullptr) return known;
  if (!transports->is_array()) return Invalid("transports is not an array");
  for (const absl::string_view name : kTransports) {
    const json wanted(std::string{name});
    if (std::find(transports->begin(), transports->end(), wanted) != transports->end())
      known.emplace_back(name);
  }
  return known;
}

}  // namespace

absl::StatusOr<RegistrationCredential> ParseRegistrationCredential(absl::string_view text) {
  TWOFOLD_ASSIGN_OR_RETURN(const json root, ParseRoot(text));
  RegistrationCredential credential;
  TWOFOLD_ASSIGN_OR_RETURN(const json* const response, ReadCommon(root, credential));
  TWOFOLD_ASSIGN_OR_RETURN(credential.attestation_object, BytesMember(*response, "attestationObject"));
  TWOFOLD_ASSIGN_OR_RETURN(credential.transports, ReadTransports(*response));
  return credential;
}

absl::StatusOr<AssertionCredential> ParseAssertionCredential(absl::string_view text) {
  TWOFOLD_ASSIGN_OR_RETURN(const json root, ParseRoot(text));
  AssertionCredential credential;
  TWOFOLD_ASSIGN_OR_RETURN(const json* const response, ReadCommon(root, credential));
  TWOFOLD_ASSIGN_OR_RETURN(credential.authenticator_data, BytesMember(*response, "authenticatorData"));
  TWOFOLD_ASSIGN_OR_RETURN(credential.signature, BytesMember(*response, "signature"));
  // Some libraries write null instead of nothing.
  const json* const handle = FindMember(*response, "userHandle");
  if (handle == nullptr || handle->is_null()) return credential;
  TWOFOLD_ASSIGN_OR_RETURN(credential.user_handle, BytesMember(*response, "userHandle"));
  if (credential.user_handle.empty() || credential.user_handle.size() > kMaxUserHandleSize)
    return Invalid("userHandle does not have 1 to 64 bytes");
  return credential;
}

}  // namespace twofold
