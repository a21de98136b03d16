#include "server/methods/webauthn/options_json.h"

#include "absl/strings/escaping.h"
#include "absl/time/time.h"
#include "nlohmann/json.hpp"

namespace twofold {
namespace {

using Json = nlohmann::ordered_json;

// How long the browser waits for the user. Challenges live as long.
constexpr absl::Duration kTimeout = absl::Minutes(5);
// COSE algorithms (RFC 9053): ES256, EdDSA and RS256. Windows Hello needs the last one.
constexpr int kAlgorithms[] = {-7, -8, -257};

std::string Base64Url(absl::string_view bytes) { return absl::WebSafeBase64Escape(bytes); }

Json Descriptors(const std::vector<KnownKey>& keys) {
  Json descriptors = Json::array();
  for (const KnownKey& key : keys) {
    Json descriptor = {{"type", "public-key"}, {"id", Base64Url(key.credential_id)}};
    if (!key.transports.empty()) descriptor["transports"] = key.transports;
    descriptors.push_back(std::move(descriptor));
  }
  return descriptors;
}

}  // namespace

std::string CreationOptionsJson(const RelyingParty& party, const CreationOptions& options) {
  const std::string account(options.account_name);
  Json json;
  json["rp"] = {{"id", party.id}, {"name", party.name}};
  json["user"] = {{"id", Base64Url(options.user_handle)}, {"name", account}, {"displayName", account}};
  json["challenge"] = Base64Url(options.challenge);
  json["pubKeyCredParams"] = Json::array();
  for (const int algorithm : kAlgorithms) {
    json["pubKeyCredParams"].push_back({{"type", "public-key"}, {"alg", algorithm}});
  }
  json["timeout"] = absl::ToInt64Milliseconds(kTimeout);
  json["excludeCredentials"] = Descriptors(options.excluded);
  json["authenticatorSelection"] = {{"residentKey", "discouraged"},
                                    {"requireResidentKey", false},
                                    {"userVerification", NameOf(party.user_verification)}};
  json["attestation"] = "none";
  return json.dump();
}

std::string RequestOptionsJson(const RelyingParty& party, absl::string_view challenge,
                               const std::vector<KnownKey>& allowed) {
  Json json;
  json["challenge"] = Base64Url(challenge);
  json["timeout"] = absl::ToInt64Milliseconds(kTimeout);
  json["rpId"] = party.id;
  json["allowCredentials"] = Descriptors(allowed);
  json["userVerification"] = NameOf(party.user_verification);
  return json.dump();
}

}  // namespace twofold
