#include "tests/harness/software_key.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "crypto/sha256.h"
#include "crypto/system_random.h"
#include "tests/harness/cbor.h"

namespace twofold {
namespace {

using nlohmann::json;

constexpr uint8_t kUserPresent = 0x01;
constexpr uint8_t kUserVerified = 0x04;
constexpr uint8_t kBackupEligible = 0x08;
constexpr uint8_t kBackedUp = 0x10;
constexpr uint8_t kHasCredential = 0x40;
constexpr uint8_t kHasExtensions = 0x80;

constexpr size_t kIdSize = 32;
// The model of software keys. U2F knows no models.
constexpr char kAaguid[] = "twofold test key";

std::string Encoded(absl::string_view bytes) { return absl::WebSafeBase64Escape(bytes); }

std::string Decoded(const json& value) {
  std::string bytes;
  if (!value.is_string() || !absl::WebSafeBase64Unescape(value.get_ref<const std::string&>(), &bytes))
    return "";
  return bytes;
}

std::string BigEndian(uint32_t number, int bytes) {
  std::string text;
  for (int shift = 8 * bytes; shift > 0; shift -= 8) text += static_cast<char>(number >> (shift - 8));
  return text;
}

void Apply(const KeyKnobs::Edit& edit, std::string& bytes) {
  if (edit) edit(bytes);
}

// A browser lets a page use its own host as RP ID, or a parent domain of it.
bool Belongs(absl::string_view rp_id, absl::string_view origin) {
  absl::string_view host = origin;
  if (!absl::ConsumePrefix(&host, "https://") && !absl::ConsumePrefix(&host, "http://")) return false;
  host = host.substr(0, host.find(':'));
  return !rp_id.empty() && (host == rp_id || absl::EndsWith(host, absl::StrCat(".", rp_id)));
}

// Whether a list of credentials in options names the id.
bool Lists(const json& options, const char* member, const std::string& id) {
  const auto list = options.find(member);
  if (list == options.end() || !list->is_array()) return false;
  return std::any_of(list->begin(), list->end(), [&id](const json& entry) {
    return entry.value("type", "") == "public-key" && Decoded(entry.value("id", json())) == id;
  });
}

bool Offers(const json& options, CoseAlgorithm algorithm) {
  const auto list = options.find("pubKeyCredParams");
  if (list == options.end() || !list->is_array()) return false;
  return std::any_of(list->begin(), list->end(), [algorithm](const json& entry) {
    return entry.value("type", "") == "public-key" && entry.value("alg", 0) == static_cast<int>(algorithm);
  });
}

absl::StatusOr<json> ParseOptions(absl::string_view text) {
  json options = json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (!options.is_object() || Decoded(options.value("challenge", json())).size() < 16)
    return absl::InvalidArgumentError("the options are no object with a challenge of 16 bytes or more");
  return options;
}

json CredentialJson(const std::string& id, const std::string& client_data) {
  return {{"id", Encoded(id)},
          {"rawId", Encoded(id)},
          {"type", "public-key"},
          {"authenticatorAttachment", "cross-platform"},
          {"clientExtensionResults", json::object()},
          {"response", {{"clientDataJSON", Encoded(client_data)}}}};
}

}  // namespace

std::string SoftwareKey::ClientData(absl::string_view type, const std::string& challenge,
                                    const KeyKnobs& knobs) const {
  std::string text = absl::StrCat(R"({"type":)", json(knobs.type.value_or(std::string(type))).dump(),
                                  R"(,"challenge":")", Encoded(knobs.challenge.value_or(challenge)),
                                  R"(","origin":)", json(knobs.origin.value_or(settings_.origin)).dump(),
                                  R"(,"crossOrigin":)", knobs.cross_origin ? "true" : "false");
  if (knobs.top_origin.has_value())
    absl::StrAppend(&text, R"(,"topOrigin":)", json(*knobs.top_origin).dump());
  text += "}";
  Apply(knobs.client_data, text);
  return text;
}

std::string SoftwareKey::FixedData(const Credential& credential, uint8_t flags, const KeyKnobs& knobs) const {
  // U2F knows nothing of fingers and PINs.
  const bool verifies = settings_.verifies_user && settings_.format != AttestationFormat::kFidoU2f;
  const auto set = [&flags](uint8_t flag, bool on) {
    if (on) flags |= flag;
  };
  set(kUserPresent, knobs.user_present);
  set(kUserVerified, knobs.user_verified.value_or(verifies));
  set(kBackupEligible, knobs.backup_eligible.value_or(settings_.synced));
  set(kBackedUp, knobs.backed_up.value_or(settings_.synced));
  set(kHasExtensions, knobs.extensions.has_value());
  return absl::StrCat(Sha256(knobs.rp_id.value_or(credential.rp_id)),
                      std::string(1, static_cast<char>(flags)),
                      BigEndian(knobs.sign_count.value_or(credential.sign_count), 4));
}

std::string SoftwareKey::Statement(const Credential& credential, absl::string_view cose_key,
                                   absl::string_view data, absl::string_view client_data) const {
  const std::string digest = Sha256(client_data);
  switch (settings_.format) {
    case AttestationFormat::kNone:
      return CborMap({});
    case AttestationFormat::kPackedSelf:
      return CborMap({{CborText("alg"), CborInteger(static_cast<int64_t>(settings_.algorithm))},
                      {CborText("sig"), CborBytes(credential.key.Sign(absl::StrCat(data, digest)))}});
    case AttestationFormat::kFidoU2f:
      break;
  }
  // FIDO U2F Raw Message Formats section 4.3: the point follows the id, without its encoding in
  // COSE.
  constexpr size_t kCoordinate = 32;
  constexpr size_t kBetween = 3;
  const absl::string_view y = cose_key.substr(cose_key.size() - kCoordinate);
  const absl::string_view x = cose_key.substr(cose_key.size() - 2 * kCoordinate - kBetween, kCoordinate);
  const SigningKey attester(CoseAlgorithm::kEs256);
  const std::string message =
      absl::StrCat(absl::string_view("\0", 1), data.substr(0, 32), digest, credential.id, "\x04", x, y);
  return CborMap({{CborText("sig"), CborBytes(attester.Sign(message))},
                  {CborText("x5c"), CborArray({CborBytes(attester.Certificate())})}});
}

absl::StatusOr<std::string> SoftwareKey::Create(absl::string_view options_json, const KeyKnobs& knobs) {
  const absl::StatusOr<json> options = ParseOptions(options_json);
  if (!options.ok()) return options.status();
  const json none = json::object();
  const std::string rp_id = options->value("rp", none).value("id", "");
  const std::string user_handle = Decoded(options->value("user", none).value("id", json()));
  if (user_handle.empty()) return absl::InvalidArgumentError("the options have no user handle");
  if (!Belongs(rp_id, settings_.origin))
    return absl::FailedPreconditionError("the RP ID is not the origin's");
  if (!Offers(*options, settings_.algorithm))
    return absl::FailedPreconditionError("the algorithm is not offered");
  for (const Credential& own : credentials_) {
    if (own.rp_id == rp_id && Lists(*options, "excludeCredentials", own.id))
      return absl::AlreadyExistsError("the key is registered");
  }

  Credential credential{knobs.credential_id.value_or(RandomBytes(SystemRandom(), kIdSize)), rp_id,
                        user_handle, SigningKey(settings_.algorithm)};
  const std::string client_data = ClientData("webauthn.create", Decoded((*options)["challenge"]), knobs);
  std::string cose_key = credential.key.CoseKey();
  Apply(knobs.cose_key, cose_key);
  const bool u2f = settings_.format == AttestationFormat::kFidoU2f;
  const std::string aaguid = u2f ? std::string(sizeof kAaguid - 1, '\0') : kAaguid;
  std::string data = absl::StrCat(FixedData(credential, kHasCredential, knobs), aaguid,
                                  BigEndian(static_cast<uint32_t>(credential.id.size()), 2), credential.id,
                                  cose_key, knobs.extensions.value_or(""));
  Apply(knobs.authenticator_data, data);
  std::string statement = Statement(credential, cose_key, data, client_data);
  Apply(knobs.statement, statement);
  constexpr const char* kNames[] = {"none", "packed", "fido-u2f"};
  std::string object = CborMap({{CborText("fmt"), CborText(kNames[static_cast<size_t>(settings_.format)])},
                                {CborText("attStmt"), statement},
                                {CborText("authData"), CborBytes(data)}});
  Apply(knobs.attestation_object, object);

  json result = CredentialJson(credential.id, client_data);
  result["response"]["attestationObject"] = Encoded(object);
  result["response"]["authenticatorData"] = Encoded(data);
  result["response"]["publicKeyAlgorithm"] = static_cast<int>(settings_.algorithm);
  result["response"]["transports"] = {"usb", "nfc"};
  if (knobs.credential) knobs.credential(result);
  credentials_.push_back(std::move(credential));
  return result.dump();
}

absl::StatusOr<std::string> SoftwareKey::Get(absl::string_view options_json, const KeyKnobs& knobs) {
  const absl::StatusOr<json> options = ParseOptions(options_json);
  if (!options.ok()) return options.status();
  const std::string rp_id = options->value("rpId", "");
  if (!Belongs(rp_id, settings_.origin))
    return absl::FailedPreconditionError("the RP ID is not the origin's");
  const auto credential =
      std::find_if(credentials_.rbegin(), credentials_.rend(), [&](const Credential& own) {
        return own.rp_id == rp_id && Lists(*options, "allowCredentials", own.id);
      });
  if (credential == credentials_.rend())
    return absl::NotFoundError("the options allow no credential of this key");

  if (!settings_.synced) ++credential->sign_count;
  const std::string client_data = ClientData("webauthn.get", Decoded((*options)["challenge"]), knobs);
  std::string data = absl::StrCat(FixedData(*credential, 0, knobs), knobs.extensions.value_or(""));
  Apply(knobs.authenticator_data, data);
  std::string signature =
      knobs.signer.value_or(credential->key).Sign(absl::StrCat(data, Sha256(client_data)));
  Apply(knobs.signature, signature);

  json result = CredentialJson(credential->id, client_data);
  result["response"]["authenticatorData"] = Encoded(data);
  result["response"]["signature"] = Encoded(signature);
  result["response"]["userHandle"] = Encoded(knobs.user_handle.value_or(credential->user_handle));
  if (knobs.credential) knobs.credential(result);
  return result.dump();
}

std::string CreationOptions(absl::string_view rp_id, absl::string_view challenge) {
  json parameters = json::array();
  for (const CoseAlgorithm algorithm : kOfferedAlgorithms)
    parameters.push_back({{"type", "public-key"}, {"alg", static_cast<int>(algorithm)}});
  return json({{"rp", {{"id", std::string(rp_id)}, {"name", "Example"}}},
               {"user", {{"id", Encoded("user handle")}, {"name", "ann"}, {"displayName", "Ann"}}},
               {"challenge", Encoded(challenge)},
               {"pubKeyCredParams", parameters}})
      .dump();
}

std::string RequestOptions(absl::string_view rp_id, absl::string_view challenge,
                           absl::string_view credential_id) {
  const json allowed = {{"type", "public-key"}, {"id", Encoded(credential_id)}};
  return json({{"rpId", std::string(rp_id)},
               {"challenge", Encoded(challenge)},
               {"allowCredentials", json::array({allowed})}})
      .dump();
}

}  // namespace twofold
