#include <limits>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "clients/formats/json_text.h"
#include "clients/formats/parsers.h"
#include "clients/formats/text.h"
#include "crypto/base32.h"

namespace twofold {
namespace {

using nlohmann::json;

constexpr absl::string_view kMasked = "**********";

std::string SetSecret(absl::string_view value, absl::string_view encoding, ImportedEntry& entry) {
  if (value.empty()) return "has no secret";
  if (value == kMasked)
    return "has a masked secret, because the admin console exported the realm: export it with kc.sh export";
  if (encoding.empty()) {
    // Keycloak takes the bytes of the text itself.
    entry.secret = SecretBytes::FromString(value);
    return "";
  }
  if (!absl::EqualsIgnoreCase(encoding, "BASE32"))
    return absl::StrCat("has a secret in an unknown encoding (", encoding.substr(0, 20), ")");
  absl::StatusOr<SecretBytes> secret = Base32Decode(value);
  if (!secret.ok()) return absl::StrCat("has a secret that is ", secret.status().message());
  entry.secret = *std::move(secret);
  return "";
}

std::optional<int> SmallInteger(const json& object, const char* name) {
  const std::optional<int64_t> number = JsonInteger(object, name);
  if (!number.has_value() || *number < 0 || *number > std::numeric_limits<int>::max()) return std::nullopt;
  return static_cast<int>(*number);
}

// `data` has the members of OTPCredentialData, and those of older releases are in the credential.
std::string SetParameters(const json& data, absl::string_view type, ImportedEntry& entry) {
  if (type != "totp" && type != "hotp")
    return absl::StrCat("is of the type ", type.substr(0, 20), ", which is neither totp nor hotp");
  entry.type = type == "totp" ? OtpType::kTotp : OtpType::kHotp;
  entry.digits = SmallInteger(data, "digits");
  entry.period_seconds = SmallInteger(data, "period");
  entry.counter = JsonInteger(data, "counter");
  const absl::string_view algorithm = JsonString(data, "algorithm");
  if (algorithm.empty()) return "";
  entry.algorithm = ReadAlgorithm(algorithm);
  return entry.algorithm.has_value() ? "" : "has a hash that is none of HmacSHA1, HmacSHA256 and HmacSHA512";
}

std::string ReadCredential(const json& credential, ImportedEntry& entry) {
  entry.description = std::string(JsonString(credential, "userLabel"));
  if (const auto created = JsonInteger(credential, "createdDate"); created.has_value() && *created > 0)
    entry.created = absl::FromUnixMillis(*created);
  const absl::string_view type = JsonString(credential, "type");
  if (type != "otp") {
    // Before Keycloak 8 the type of the credential was that of the OTP.
    absl::string_view value = JsonString(credential, "value");
    if (value.empty()) value = JsonString(credential, "hashedSaltedValue");
    std::string fault = SetSecret(value, "", entry);
    return fault.empty() ? SetParameters(credential, type, entry) : fault;
  }
  const JsonText secret_data(JsonString(credential, "secretData"));
  const JsonText credential_data(JsonString(credential, "credentialData"));
  if (!secret_data.ok() || !credential_data.ok()) return "has no secretData or no credentialData in JSON";
  std::string fault = SetSecret(JsonString(secret_data.root(), "value"),
                                JsonString(credential_data.root(), "secretEncoding"), entry);
  if (!fault.empty()) return fault;
  return SetParameters(credential_data.root(), JsonString(credential_data.root(), "subType"), entry);
}

// How many credentials of other types there are, by type.
using OtherTypes = std::map<std::string, size_t>;

void ReadUser(const json& user, const std::string& issuer, size_t& position, OtherTypes& others,
              ParsedFile& file) {
  const json* credentials = JsonMember(user, "credentials");
  if (credentials == nullptr || !credentials->is_array()) return;
  for (const json& credential : *credentials) {
    const std::string type(JsonString(credential, "type"));
    if (type != "otp" && type != "totp" && type != "hotp") {
      if (type != "password") ++others[type.substr(0, 40)];
      continue;
    }
    ImportedEntry entry;
    entry.position = ++position;
    entry.issuer = issuer;
    entry.user = std::string(JsonString(user, "username"));
    entry.account = entry.user;
    std::string fault =
        entry.user.empty() ? "belongs to a user without a name" : ReadCredential(credential, entry);
    if (fault.empty()) {
      file.entries.push_back(std::move(entry));
    } else {
      file.errors.push_back({entry.position, entry.user, std::move(fault)});
    }
  }
}

}  // namespace

absl::StatusOr<ParsedFile> ParseKeycloak(absl::string_view text, const ImportOptions& /*options*/) {
  const JsonText document(text);
  if (!document.ok()) return absl::InvalidArgumentError("the file is not valid JSON");
  const json& root = document.root();
  ParsedFile file;
  OtherTypes others;
  size_t position = 0;
  bool has_users = false;
  const auto read_realm = [&](const json& realm) {
    const json* users = JsonMember(realm, "users");
    if (users == nullptr || !users->is_array()) return;
    has_users = true;
    std::string issuer(JsonString(realm, "displayName"));
    if (issuer.empty()) issuer = std::string(JsonString(realm, "realm"));
    for (const json& user : *users) ReadUser(user, issuer, position, others, file);
  };
  if (root.is_array()) {
    for (const json& realm : root) read_realm(realm);
  } else {
    read_realm(root);
  }
  if (!has_users) {
    return absl::InvalidArgumentError(
        "the realm has no users: export it with kc.sh export --users realm_file, because an export by the "
        "admin console leaves the users out");
  }
  for (const auto& [type, count] : others) {
    file.notes.push_back(absl::StrCat("The file has ", count, " credentials of the type ", type,
                                      ", which cannot be imported."));
  }
  if (position == 0)
    return absl::InvalidArgumentError("there is nothing to import: no user has a credential of the type otp");
  return file;
}

}  // namespace twofold
