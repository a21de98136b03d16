#include <limits>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "clients/formats/parsers.h"
#include "clients/formats/pskc_values.h"
#include "clients/formats/pskc_xml.h"
#include "clients/formats/text.h"
#include "common/status_macros.h"

namespace twofold {
namespace {

absl::Status Invalid(absl::string_view why) { return absl::InvalidArgumentError(why); }

// "hotp" of "urn:ietf:params:xml:ns:keyprov:pskc:hotp", of "…pskc#hotp" and of "HOTP".
std::string ShortAlgorithm(absl::string_view uri) {
  const size_t end = uri.find_last_of("#:");
  if (end != absl::string_view::npos) uri.remove_prefix(end + 1);
  return absl::AsciiStrToLower(absl::StripAsciiWhitespace(uri));
}

absl::StatusOr<std::optional<bool>> Boolean(const pugi::xml_node& node, XmlNames names) {
  const std::string text = absl::AsciiStrToLower(XmlAttribute(node, names));
  if (text.empty()) return std::nullopt;
  if (text == "true" || text == "1") return true;
  if (text == "false" || text == "0") return false;
  return Invalid(absl::StrCat("the file's attribute ", *names.begin(), " is not a boolean"));
}

// The value of an integer. What was encrypted is big-endian, as are values of old drafts in Base64.
std::optional<int64_t> IntegerOf(const PskcValue& value, bool is_signed) {
  absl::string_view text = value.bytes.text();
  std::optional<SecretBytes> decoded;
  if (!value.was_encrypted) {
    const bool negative = is_signed && absl::ConsumePrefix(&text, "-");
    const std::optional<int64_t> number = ReadNumber(text, std::numeric_limits<int64_t>::max());
    if (number.has_value()) return negative ? -*number : *number;
    decoded = ReadBase64(text);
    if (!decoded.has_value()) return std::nullopt;
    text = decoded->text();
  }
  if (text.empty() || text.size() > sizeof(int64_t)) return std::nullopt;
  uint64_t number = is_signed && (text[0] & 0x80) != 0 ? ~uint64_t{0} : 0;
  for (const char c : text) number = number << 8 | static_cast<uint8_t>(c);
  if (!is_signed && number > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return std::nullopt;
  return static_cast<int64_t>(number);
}

// The elements of <Data> by their names, and of old drafts by the attribute Name.
pugi::xml_node DataElement(const pugi::xml_node& key, absl::string_view name, absl::string_view old_name) {
  for (const pugi::xml_node& data : key.children()) {
    if (XmlName(data) != "Data") continue;
    if (absl::EqualsIgnoreCase(XmlAttribute(data, {"Name"}), old_name)) return data;
    if (const pugi::xml_node child = XmlChild(data, {name}); !child.empty()) return child;
  }
  return {};
}

// The opened values of a key.
struct KeyData {
  std::optional<PskcValue> secret;
  std::optional<PskcValue> counter;
  std::optional<PskcValue> time;
  std::optional<PskcValue> interval;
  std::optional<PskcValue> drift;
};

absl::StatusOr<KeyData> OpenData(const pugi::xml_node& key, const PskcValues& values) {
  KeyData data;
  TWOFOLD_ASSIGN_OR_RETURN(data.secret, values.Open(DataElement(key, "Secret", "SECRET")));
  TWOFOLD_ASSIGN_OR_RETURN(data.counter, values.Open(DataElement(key, "Counter", "COUNTER")));
  TWOFOLD_ASSIGN_OR_RETURN(data.time, values.Open(DataElement(key, "Time", "TIME")));
  TWOFOLD_ASSIGN_OR_RETURN(data.interval, values.Open(DataElement(key, "TimeInterval", "TIME_INTERVAL")));
  TWOFOLD_ASSIGN_OR_RETURN(data.drift, values.Open(DataElement(key, "TimeDrift", "TIME_DRIFT")));
  return data;
}

// What a code looks like.
struct ResponseFormat {
  std::string encoding;
  std::string length;
  bool check_digit = false;
};

absl::StatusOr<ResponseFormat> ResponseFormatOf(const pugi::xml_node& key) {
  const pugi::xml_node parameters = XmlChild(key, {"AlgorithmParameters", "Usage"});
  const pugi::xml_node node = XmlChild(parameters, {"ResponseFormat"});
  ResponseFormat format;
  format.encoding = absl::AsciiStrToUpper(XmlAttribute(node, {"Encoding", "Format", "format"}));
  format.length = std::string(XmlAttribute(node, {"Length", "length"}));
  TWOFOLD_ASSIGN_OR_RETURN(const std::optional<bool> check, Boolean(node, {"CheckDigits", "CheckDigit"}));
  TWOFOLD_RETURN_IF_ERROR(
      Boolean(XmlChild(parameters, {"ChallengeFormat"}), {"CheckDigits", "CheckDigit"}).status());
  format.check_digit = check.value_or(false);
  return format;
}

absl::Status CheckPolicy(const pugi::xml_node& key) {
  const pugi::xml_node transactions = XmlChild(XmlChild(key, {"Policy"}), {"NumberOfTransactions"});
  if (transactions.empty()) return absl::OkStatus();
  if (ReadNumber(XmlText(transactions), std::numeric_limits<int64_t>::max()).has_value())
    return absl::OkStatus();
  return Invalid("the file's NumberOfTransactions is not a number");
}

// The functions below return what an entry is refused for, as the end of a sentence.

std::string SetSecret(const KeyData& data, const pugi::xml_node& key, ImportedEntry& entry) {
  if (!data.secret.has_value() || data.secret->bytes.empty()) {
    return XmlChild(key, {"KeyReference"}).empty()
               ? "has no secret in the file"
               : "has no secret in the file, only a reference to a master key";
  }
  if (data.secret->was_encrypted) {
    entry.secret = data.secret->bytes.Clone();
    return "";
  }
  std::optional<SecretBytes> secret = ReadBase64(data.secret->bytes.text());
  if (!secret.has_value()) return "has a secret that is not Base64";
  entry.secret = *std::move(secret);
  return "";
}

std::string SetFormat(const ResponseFormat& format, ImportedEntry& entry) {
  if (format.check_digit) return "appends a check digit to its codes, which cannot be checked";
  if (!format.encoding.empty() && format.encoding != "DECIMAL")
    return absl::StrCat("has codes in the encoding ", format.encoding.substr(0, 20),
                        ", and only DECIMAL can be checked");
  if (format.length.empty()) return "";
  const std::optional<int64_t> digits = ReadNumber(format.length, std::numeric_limits<int>::max());
  if (!digits.has_value()) return "has a length of codes that is not a number";
  entry.digits = static_cast<int>(*digits);
  return "";
}

std::string SetAlgorithm(const pugi::xml_node& key, ImportedEntry& entry) {
  const std::string suite = XmlChildText(XmlChild(key, {"AlgorithmParameters"}), {"Suite"});
  if (suite.empty()) return "";
  entry.algorithm = ReadAlgorithm(suite);
  return entry.algorithm.has_value() ? ""
                                     : "has a suite that is none of HMAC-SHA1, HMAC-SHA256 and HMAC-SHA512";
}

std::string SetTime(const KeyData& data, ImportedEntry& entry) {
  if (data.interval.has_value()) {
    const std::optional<int64_t> interval = IntegerOf(*data.interval, false);
    if (!interval.has_value() || *interval > std::numeric_limits<int>::max())
      return "has a TimeInterval that is not a number";
    entry.period_seconds = static_cast<int>(*interval);
  }
  if (data.time.has_value() && IntegerOf(*data.time, false) != 0)
    return "counts its periods from another time than 1970, which cannot be checked";
  if (!data.drift.has_value()) return "";
  const std::optional<int64_t> drift = IntegerOf(*data.drift, true);
  constexpr int64_t kMost = 1'000'000;
  if (!drift.has_value() || *drift > kMost || *drift < -kMost) return "has a TimeDrift that is not a number";
  entry.clock_offset_steps = static_cast<int>(*drift);
  return "";
}

std::string SetMovingFactor(const KeyData& data, ImportedEntry& entry) {
  if (entry.type == OtpType::kTotp) return SetTime(data, entry);
  if (!data.counter.has_value()) return "";
  entry.counter = IntegerOf(*data.counter, false);
  return entry.counter.has_value() ? "" : "has a counter that is not a number";
}

void SetNames(const pugi::xml_node& package, const pugi::xml_node& key, ImportedEntry& entry) {
  const pugi::xml_node device = XmlChild(package, {"DeviceInfo", "DeviceId"});
  entry.key_id = std::string(XmlAttribute(key, {"Id", "KeyId", "SecretId"}));
  entry.serial = XmlChildText(device, {"SerialNo"});
  entry.account = entry.serial.empty() ? entry.key_id : entry.serial;
  entry.issuer = XmlChildText(key, {"Issuer"});
  if (entry.issuer.empty()) entry.issuer = XmlChildText(device, {"Manufacturer"});
  entry.user = XmlChildText(key, {"UserId"});
  if (entry.user.empty()) entry.user = XmlChildText(device, {"UserId"});
  entry.description = XmlChildText(key, {"FriendlyName"});
  entry.expiry = XmlChildText(XmlChild(key, {"Policy"}), {"ExpiryDate"});
  if (entry.expiry.empty()) entry.expiry = XmlChildText(key, {"ExpiryDate"});
  if (entry.expiry.empty()) entry.expiry = XmlChildText(device, {"ExpiryDate", "Expiry"});
}

std::string SetContent(const KeyData& data, const ResponseFormat& format, const pugi::xml_node& key,
                       ImportedEntry& entry) {
  const std::string algorithm =
      ShortAlgorithm(XmlAttribute(key, {"Algorithm", "KeyAlgorithm", "SecretAlgorithm"}));
  // A key without anything in it is not worth a word about its algorithm.
  if (algorithm.empty()) return data.secret.has_value() ? "names no algorithm" : "has no secret in the file";
  if (algorithm != "hotp" && algorithm != "totp")
    return absl::StrCat("is a key for ", algorithm.substr(0, 60), ", which is neither HOTP nor TOTP");
  entry.type = algorithm == "totp" ? OtpType::kTotp : OtpType::kHotp;
  std::string fault = SetSecret(data, key, entry);
  if (fault.empty()) fault = SetFormat(format, entry);
  if (fault.empty()) fault = SetAlgorithm(key, entry);
  return fault.empty() ? SetMovingFactor(data, entry) : fault;
}

absl::Status ReadKey(const pugi::xml_node& package, const pugi::xml_node& key, size_t position,
                     const PskcValues& values, ParsedFile& file) {
  TWOFOLD_RETURN_IF_ERROR(CheckPolicy(key));
  TWOFOLD_ASSIGN_OR_RETURN(const ResponseFormat format, ResponseFormatOf(key));
  TWOFOLD_ASSIGN_OR_RETURN(const KeyData data, OpenData(key, values));
  ImportedEntry entry;
  entry.position = position;
  SetNames(package, key, entry);
  if (std::string fault = SetContent(data, format, key, entry); !fault.empty()) {
    file.errors.push_back({position, EntryName(entry), std::move(fault)});
  } else {
    file.entries.push_back(std::move(entry));
  }
  return absl::OkStatus();
}

absl::Status CheckContainer(const pugi::xml_node& container) {
  const absl::string_view name = XmlName(container);
  if (name != "KeyContainer" && name != "SecretContainer")
    return Invalid("the file is XML and not PSKC, because it has no KeyContainer");
  const absl::string_view version = XmlAttribute(container, {"Version", "version"});
  if (name == "KeyContainer" && !version.empty() && version != "1" && version != "1.0")
    return Invalid(
        absl::StrCat("the file has the version ", version.substr(0, 20), " of PSKC, and only 1.0 is read"));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ParsedFile> ParsePskc(absl::string_view text, const ImportOptions& options) {
  pugi::xml_document document;
  TWOFOLD_RETURN_IF_ERROR(ParseXml(text, document));
  const pugi::xml_node container = document.document_element();
  TWOFOLD_RETURN_IF_ERROR(CheckContainer(container));
  TWOFOLD_ASSIGN_OR_RETURN(const PskcValues values, PskcValues::Create(container, options));
  ParsedFile file;
  size_t position = 0;
  for (const pugi::xml_node& package : container.children()) {
    if (XmlName(package) != "KeyPackage" && XmlName(package) != "Device") continue;
    for (const pugi::xml_node& key : package.children()) {
      if (XmlName(key) != "Key" && XmlName(key) != "Secret") continue;
      TWOFOLD_RETURN_IF_ERROR(ReadKey(package, key, ++position, values, file));
    }
  }
  if (position == 0) return Invalid("there is nothing to import: the file has no keys");
  if (!XmlChild(container, {"Signature"}).empty())
    file.notes.emplace_back("The file's signature is not checked.");
  if (values.unchecked())
    file.notes.emplace_back("The file has no MAC, so a wrong key may go unnoticed and give wrong secrets.");
  return file;
}

}  // namespace twofold
