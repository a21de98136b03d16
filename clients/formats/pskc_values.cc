#include "clients/formats/pskc_values.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "clients/formats/pskc_xml.h"
#include "clients/formats/text.h"
#include "common/status_macros.h"

namespace twofold {
namespace {

// A file that asks for more would keep the command busy for minutes.
constexpr int64_t kMaxIterations = 10'000'000;
constexpr int64_t kMaxDerivedKey = 64;
constexpr int64_t kTripleDesKey = 16;

absl::Status Invalid(absl::string_view why) { return absl::InvalidArgumentError(why); }

// The name of an algorithm without its namespace, in lower case: "aes128-cbc".
std::string ShortName(absl::string_view uri) {
  const size_t sign = uri.find('#');
  if (sign != absl::string_view::npos) uri.remove_prefix(sign + 1);
  return absl::AsciiStrToLower(absl::StripAsciiWhitespace(uri));
}

// How a value is encrypted.
struct Scheme {
  BlockCipher cipher = BlockCipher::kAes;
  bool is_wrap = false;
  // 0 for Triple DES, which has keys of two lengths.
  size_t key_size = 0;
};

std::optional<Scheme> SchemeOf(absl::string_view name) {
  Scheme scheme;
  scheme.is_wrap = absl::ConsumePrefix(&name, "kw-");
  if (!scheme.is_wrap) {
    absl::ConsumePrefix(&name, "pbe-");
    if (!absl::ConsumeSuffix(&name, "-cbc")) return std::nullopt;
  }
  if (absl::StartsWith(name, "3des") || name == "tripledes") {
    scheme.cipher = BlockCipher::kTripleDes;
    if (scheme.is_wrap) return std::nullopt;
    return scheme;
  }
  if (absl::ConsumePrefix(&name, "camellia")) {
    scheme.cipher = BlockCipher::kCamellia;
  } else if (!absl::ConsumePrefix(&name, "aes")) {
    return std::nullopt;
  }
  absl::ConsumePrefix(&name, "-");
  const std::optional<int64_t> bits = ReadNumber(name, 256);
  if (!bits.has_value() || (*bits != 128 && *bits != 192 && *bits != 256)) return std::nullopt;
  scheme.key_size = static_cast<size_t>(*bits / 8);
  return scheme;
}

std::optional<MacHash> HashOf(absl::string_view uri) {
  const std::string name = absl::StrReplaceAll(ShortName(uri), {{"-", ""}});
  if (name == "hmacsha1") return MacHash::kSha1;
  if (name == "hmacsha224") return MacHash::kSha224;
  if (name == "hmacsha256") return MacHash::kSha256;
  if (name == "hmacsha384") return MacHash::kSha384;
  if (name == "hmacsha512") return MacHash::kSha512;
  return std::nullopt;
}

std::string AlgorithmOf(const pugi::xml_node& encrypted) {
  const pugi::xml_node method = XmlChild(encrypted, {"EncryptionMethod"});
  // A draft nests the scheme in PBES2.
  const absl::string_view scheme = XmlAttribute(XmlChild(method, {"EncryptionScheme"}), {"Algorithm"});
  return ShortName(scheme.empty() ? XmlAttribute(method, {"Algorithm"}) : scheme);
}

absl::StatusOr<SecretBytes> CipherValueOf(const pugi::xml_node& encrypted) {
  std::optional<SecretBytes> value =
      ReadBase64(XmlText(XmlChild(XmlChild(encrypted, {"CipherData"}), {"CipherValue"})));
  if (!value.has_value()) return Invalid("an encrypted value of the file has no CipherValue in Base64");
  return *std::move(value);
}

// The parameters of PBKDF2.
struct Derivation {
  std::optional<SecretBytes> salt;
  std::optional<int64_t> iterations;
  std::optional<int64_t> size;
  std::optional<MacHash> hash = MacHash::kSha1;
};

std::optional<Derivation> DerivationOf(const pugi::xml_node& encryption, absl::string_view algorithm) {
  Derivation derivation;
  if (absl::StartsWith(algorithm, "pbe-")) {
    derivation.salt = ReadBase64(XmlChildText(encryption, {"PBESalt"}));
    derivation.iterations = ReadNumber(XmlChildText(encryption, {"PBEIterationCount"}), kMaxIterations);
    const std::optional<Scheme> scheme = SchemeOf(algorithm);
    if (scheme.has_value())
      derivation.size = scheme->key_size == 0 ? kTripleDesKey : static_cast<int64_t>(scheme->key_size);
    return derivation;
  }
  const pugi::xml_node derived = XmlChild(encryption, {"DerivedKey"});
  if (derived.empty()) return std::nullopt;
  const pugi::xml_node parameters = XmlChild(XmlChild(derived, {"KeyDerivationMethod"}), {"PBKDF2-params"});
  derivation.salt = ReadBase64(XmlText(XmlChild(XmlChild(parameters, {"Salt"}), {"Specified"})));
  derivation.iterations = ReadNumber(XmlChildText(parameters, {"IterationCount"}), kMaxIterations);
  derivation.size = ReadNumber(XmlChildText(parameters, {"KeyLength"}), kMaxDerivedKey);
  const absl::string_view prf = XmlAttribute(XmlChild(parameters, {"PRF"}), {"Algorithm"});
  if (!prf.empty()) derivation.hash = HashOf(prf);
  return derivation;
}

absl::StatusOr<SecretBytes> Derive(const Derivation& derivation, const SecretBytes& password) {
  if (!derivation.salt.has_value() || !derivation.iterations.has_value() || *derivation.iterations == 0 ||
      !derivation.size.has_value() || *derivation.size == 0 || !derivation.hash.has_value()) {
    return Invalid("the file's PBKDF2 parameters are incomplete, too large or unknown");
  }
  return DeriveKey(*derivation.hash, password, derivation.salt->text(),
                   static_cast<int>(*derivation.iterations), static_cast<size_t>(*derivation.size));
}

}  // namespace

absl::StatusOr<PskcValues> PskcValues::Create(const pugi::xml_node& container, const ImportOptions& options) {
  PskcValues values;
  values.no_key_ = Invalid("the file has encrypted values and does not say with which key");
  TWOFOLD_RETURN_IF_ERROR(values.SetKey(XmlChild(container, {"EncryptionKey", "EncryptionMethod"}), options));
  TWOFOLD_RETURN_IF_ERROR(values.SetMac(container));
  return values;
}

absl::Status PskcValues::SetKey(const pugi::xml_node& encryption, const ImportOptions& options) {
  iv_ = options.iv;
  if (encryption.empty()) return absl::OkStatus();
  container_algorithm_ = ShortName(XmlAttribute(encryption, {"Algorithm", "algorithm"}));
  if (container_algorithm_ == "none") container_algorithm_.clear();
  if (const auto iv = ReadBase64(XmlChildText(encryption, {"IV"})); iv.has_value())
    iv_ = std::string(iv->text());
  const std::optional<Derivation> derivation = DerivationOf(encryption, container_algorithm_);
  if (!derivation.has_value()) {
    key_ = options.key.Clone();
    if (key_.empty())
      no_key_ = Invalid("the file is encrypted with a key: give it with --key-file, in hexadecimal");
    return absl::OkStatus();
  }
  if (options.password.empty()) {
    no_key_ = Invalid("the file is encrypted with a password: give it with --password-file");
    return absl::OkStatus();
  }
  TWOFOLD_ASSIGN_OR_RETURN(key_, Derive(*derivation, options.password));
  return absl::OkStatus();
}

absl::Status PskcValues::SetMac(const pugi::xml_node& container) {
  const pugi::xml_node method = XmlChild(container, {"MACMethod", "DigestMethod"});
  std::string algorithm = XmlChildText(container, {"MACAlgorithm"});
  if (algorithm.empty()) algorithm = std::string(XmlAttribute(method, {"Algorithm", "algorithm"}));
  if (algorithm.empty()) return absl::OkStatus();
  const std::optional<MacHash> hash = HashOf(algorithm);
  if (!hash.has_value()) return Invalid("the file's MAC algorithm is unknown");
  has_mac_method_ = true;
  mac_hash_ = *hash;
  const pugi::xml_node mac_key = XmlChild(method, {"MACKey"});
  if (mac_key.empty() || key_.empty()) {
    // Drafts take the key that encrypts.
    mac_key_ = key_.Clone();
    return absl::OkStatus();
  }
  TWOFOLD_ASSIGN_OR_RETURN(mac_key_, OpenEncrypted(mac_key, {}));
  return absl::OkStatus();
}

absl::StatusOr<SecretBytes> PskcValues::Decrypt(absl::string_view algorithm,
                                                absl::string_view ciphertext) const {
  const std::optional<Scheme> scheme = SchemeOf(algorithm);
  if (!scheme.has_value())
    return Invalid(absl::StrCat("the file's encryption algorithm is unknown: ", algorithm.substr(0, 60)));
  if (scheme->key_size != 0 && key_.size() != scheme->key_size) {
    return Invalid(
        absl::StrCat("the key has ", key_.size(), " bytes, and ", algorithm, " takes ", scheme->key_size));
  }
  if (scheme->is_wrap) return UnwrapKey(scheme->cipher, key_, ciphertext);
  const size_t block = BlockSize(scheme->cipher);
  absl::string_view iv = iv_;
  // XML Encryption puts the initialization vector in front.
  if (iv.empty()) {
    iv = ciphertext.substr(0, block);
    ciphertext.remove_prefix(iv.size());
  }
  return DecryptCbc(scheme->cipher, key_, iv, ciphertext);
}

absl::StatusOr<SecretBytes> PskcValues::OpenChecked(absl::string_view algorithm,
                                                    const SecretBytes& ciphertext,
                                                    const pugi::xml_node& mac) const {
  if (key_.empty()) return no_key_;
  absl::StatusOr<SecretBytes> plain = Decrypt(algorithm, ciphertext.text());
  if (!plain.ok()) {
    return Invalid(
        absl::StrCat("the file cannot be decrypted, or the key is wrong: ", plain.status().message()));
  }
  const std::optional<SecretBytes> expected = ReadBase64(XmlText(mac));
  if (!expected.has_value()) return Invalid("a MAC of the file is not Base64");
  // The drafts have the MAC of the plain text.
  for (const absl::string_view data : {ciphertext.text(), plain->text()}) {
    const SecretBytes computed = SecretBytes::FromString(ComputeMac(mac_hash_, mac_key_, data));
    if (computed.ConstantTimeEquals(*expected)) return plain;
  }
  return Invalid(
      "a MAC of the file does not match: the key or the password is wrong, or the file was changed");
}

absl::StatusOr<SecretBytes> PskcValues::OpenEncrypted(const pugi::xml_node& encrypted,
                                                      const pugi::xml_node& mac) const {
  const std::string algorithm = AlgorithmOf(encrypted);
  if (algorithm.empty()) return Invalid("the file has an encrypted value and names no encryption algorithm");
  TWOFOLD_ASSIGN_OR_RETURN(const SecretBytes ciphertext, CipherValueOf(encrypted));
  if (!mac.empty()) return OpenChecked(algorithm, ciphertext, mac);
  if (key_.empty()) return no_key_;
  absl::StatusOr<SecretBytes> plain = Decrypt(algorithm, ciphertext.text());
  if (plain.ok()) return plain;
  return Invalid(
      absl::StrCat("the file cannot be decrypted, or the key is wrong: ", plain.status().message()));
}

absl::StatusOr<std::optional<PskcValue>> PskcValues::Open(const pugi::xml_node& element) const {
  const pugi::xml_node encrypted = XmlChild(element, {"EncryptedValue"});
  pugi::xml_node mac = XmlChild(element, {"ValueMAC", "ValueDigest"});
  if (mac.empty()) mac = XmlChild(encrypted, {"ValueMAC"});
  PskcValue value;
  if (const pugi::xml_node plain = XmlChild(element, {"PlainValue"}); !plain.empty()) {
    value.bytes = SecretBytes::FromString(XmlText(plain));
    return value;
  }
  if (!encrypted.empty()) {
    value.was_encrypted = true;
    if (!mac.empty() && !has_mac_method_) return Invalid("the file has a ValueMAC and no MACMethod");
    const bool is_wrap = absl::StartsWith(AlgorithmOf(encrypted), "kw-");
    if (mac.empty() && has_mac_method_ && !is_wrap)
      return Invalid("the file has a MACMethod and an encrypted value without a ValueMAC");
    TWOFOLD_ASSIGN_OR_RETURN(value.bytes, OpenEncrypted(encrypted, mac));
    if (mac.empty() && !is_wrap) unchecked_ = true;
    return value;
  }
  // The oldest drafts have one element for both, and the container names the algorithm.
  const pugi::xml_node old = XmlChild(element, {"Value"});
  if (old.empty()) return std::nullopt;
  value.was_encrypted = !container_algorithm_.empty() && !mac.empty();
  if (!value.was_encrypted) {
    value.bytes = SecretBytes::FromString(XmlText(old));
    return value;
  }
  const std::optional<SecretBytes> ciphertext = ReadBase64(XmlText(old));
  if (!ciphertext.has_value()) return Invalid("an encrypted value of the file is not Base64");
  TWOFOLD_ASSIGN_OR_RETURN(value.bytes, OpenChecked(container_algorithm_, *ciphertext, mac));
  return value;
}

}  // namespace twofold
