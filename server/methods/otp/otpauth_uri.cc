#include "server/methods/otp/otpauth_uri.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/status_macros.h"
#include "common/unicode.h"
#include "crypto/base32.h"
#include "crypto/otp.h"

namespace twofold {
namespace {

constexpr size_t kMaxUriSize = 4096;
constexpr absl::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr absl::string_view kKnownParameters[] = {"secret", "issuer",  "algorithm", "digits",
                                                  "period", "counter", "encoder"};

// Percent-decoded values of the parameters that are known and present.
using Parameters = std::map<std::string, std::string>;

absl::Status Invalid(absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("otpauth URI: ", why));
}

absl::string_view AlgorithmName(HashAlgorithm algorithm) {
  switch (algorithm) {
    case HashAlgorithm::kSha1:
      return "SHA1";
    case HashAlgorithm::kSha256:
      return "SHA256";
    case HashAlgorithm::kSha512:
      return "SHA512";
  }
  return "";
}

// RFC 3986 §2.3, and the at sign, which path and query may have. A space is %20: apps show a plus as a plus.
bool StandsForItself(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || absl::StrContains("-._~@", c);
}

std::string PercentEncode(absl::string_view text) {
  constexpr absl::string_view kHex = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (StandsForItself(c)) {
      encoded.push_back(c);
    } else {
      const auto byte = static_cast<uint8_t>(c);
      encoded.append({'%', kHex[byte >> 4], kHex[byte & 15]});
    }
  }
  return encoded;
}

std::optional<std::string> PercentDecode(absl::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    const absl::string_view hex = text.substr(i + 1, 2);
    if (hex.size() != 2 || !absl::ascii_isxdigit(static_cast<unsigned char>(hex[0])) ||
        !absl::ascii_isxdigit(static_cast<unsigned char>(hex[1]))) {
      WipeString(decoded);
      return std::nullopt;
    }
    const auto digit = [](char c) {
      return absl::ascii_isdigit(static_cast<unsigned char>(c)) ? c - '0' : (c | 0x20) - 'a' + 10;
    };
    decoded.push_back(static_cast<char>(digit(hex[0]) << 4 | digit(hex[1])));
    i += 2;
  }
  return decoded;
}

// As forms are encoded, and parameters by some apps: a plus that means itself is written %2B.
std::optional<std::string> FormDecode(absl::string_view text) {
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  std::optional<std::string> decoded = PercentDecode(spaced);
  WipeString(spaced);
  return decoded;
}

std::string WithoutColons(absl::string_view text) { return absl::StrReplaceAll(text, {{":", "-"}}); }

std::string Label(const OtpauthUri& uri) {
  if (uri.issuer.empty()) return PercentEncode(WithoutColons(uri.account_name));
  return absl::StrCat(PercentEncode(WithoutColons(uri.issuer)), ":", PercentEncode(uri.account_name));
}

void WipeSecret(Parameters& parameters) {
  if (const auto secret = parameters.find("secret"); secret != parameters.end()) WipeString(secret->second);
}

absl::StatusOr<Parameters> ParseQuery(absl::string_view query) {
  Parameters parameters;
  absl::Cleanup wipe = [&parameters] { WipeSecret(parameters); };
  for (const absl::string_view part : absl::StrSplit(query, '&', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> field =
        absl::StrSplit(part, absl::MaxSplits('=', 1));
    const std::optional<std::string> decoded_name = PercentDecode(field.first);
    std::optional<std::string> value = FormDecode(field.second);
    if (!decoded_name.has_value() || !value.has_value())
      return Invalid("a percent sign without two hexadecimal digits");
    const std::string name = absl::AsciiStrToLower(*decoded_name);
    if (std::find(std::begin(kKnownParameters), std::end(kKnownParameters), name) ==
        std::end(kKnownParameters)) {
      continue;
    }
    const auto [at, is_new] = parameters.try_emplace(name, *std::move(value));
    if (is_new) continue;
    const bool same = at->second == *value;
    WipeString(*value);
    if (!same) return Invalid(absl::StrCat("the parameter ", name, " stands twice with different values"));
  }
  std::move(wipe).Cancel();
  return parameters;
}

// The parameter's number, `fallback` when it is absent. Digits only: no sign, no space.
absl::StatusOr<int64_t> Number(const Parameters& parameters, const std::string& name, int64_t lowest,
                               int64_t highest, std::optional<int64_t> fallback) {
  const auto at = parameters.find(name);
  if (at == parameters.end() && fallback.has_value()) return *fallback;
  if (at == parameters.end()) return Invalid(absl::StrCat("the parameter ", name, " is missing"));
  const absl::Status out_of_bounds =
      Invalid(absl::StrCat("the parameter ", name, " is not a number from ", lowest, " to ", highest));
  if (at->second.empty()) return out_of_bounds;
  int64_t number = 0;
  for (const char c : at->second) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c)) || number > highest / 10) return out_of_bounds;
    number = number * 10 + (c - '0');
  }
  if (number < lowest || number > highest) return out_of_bounds;
  return number;
}

absl::StatusOr<HashAlgorithm> ParseAlgorithm(const Parameters& parameters) {
  const auto at = parameters.find("algorithm");
  if (at == parameters.end()) return kDefaultAlgorithm;
  // SHA-1, HMACSHA256 and HmacSHA512 are names of libraries.
  const std::string plain = absl::StrReplaceAll(absl::AsciiStrToUpper(at->second), {{"-", ""}, {"_", ""}});
  const absl::string_view name = absl::StripPrefix(plain, "HMAC");
  for (const HashAlgorithm algorithm :
       {HashAlgorithm::kSha1, HashAlgorithm::kSha256, HashAlgorithm::kSha512}) {
    if (name == AlgorithmName(algorithm)) return algorithm;
  }
  return Invalid("the parameter algorithm is none of SHA1, SHA256 and SHA512");
}

absl::StatusOr<SecretBytes> ParseSecret(const Parameters& parameters) {
  const auto at = parameters.find("secret");
  if (at == parameters.end()) return Invalid("the parameter secret is missing");
  absl::StatusOr<SecretBytes> secret = Base32Decode(at->second);
  if (!secret.ok()) return Invalid(absl::StrCat("the parameter secret is ", secret.status().message()));
  if (secret->size() < kMinSecretSize || secret->size() > kMaxSecretSize) {
    return Invalid(
        absl::StrCat("the secret has not between ", kMinSecretSize, " and ", kMaxSecretSize, " bytes"));
  }
  return secret;
}

absl::Status ParseLabel(absl::string_view label, const Parameters& parameters, OtpauthUri& uri) {
  const std::optional<std::string> decoded = PercentDecode(label);
  if (!decoded.has_value()) return Invalid("a percent sign without two hexadecimal digits");
  // The colon may be encoded, and spaces may follow it.
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(*decoded, absl::MaxSplits(':', 1));
  const bool has_prefix = absl::StrContains(*decoded, ':');
  if (has_prefix) uri.issuer = std::string(parts.first);
  uri.account_name = has_prefix ? std::string(absl::StripLeadingAsciiWhitespace(parts.second)) : *decoded;
  const auto issuer = parameters.find("issuer");
  if (issuer != parameters.end() && !issuer->second.empty()) uri.issuer = issuer->second;
  if (!TextFault(uri.issuer).empty() || !TextFault(uri.account_name).empty()) {
    return Invalid("issuer or account name is not UTF-8, or has control characters");
  }
  if (uri.issuer.size() > kMaxUriIssuerSize)
    return Invalid(absl::StrCat("the issuer is longer than ", kMaxUriIssuerSize, " bytes"));
  if (uri.account_name.size() > kMaxAccountNameSize)
    return Invalid(absl::StrCat("the account name is longer than ", kMaxAccountNameSize, " bytes"));
  return absl::OkStatus();
}

absl::Status ParseFields(absl::string_view label, const Parameters& parameters,
                         std::optional<int64_t> missing_counter, OtpauthUri& uri) {
  const auto encoder = parameters.find("encoder");
  if (encoder != parameters.end() && !encoder->second.empty())
    return Invalid("the parameter encoder asks for codes that are not digits");
  TWOFOLD_RETURN_IF_ERROR(ParseLabel(label, parameters, uri));
  TWOFOLD_ASSIGN_OR_RETURN(uri.secret, ParseSecret(parameters));
  TWOFOLD_ASSIGN_OR_RETURN(uri.algorithm, ParseAlgorithm(parameters));
  TWOFOLD_ASSIGN_OR_RETURN(const int64_t digits,
                           Number(parameters, "digits", kMinOtpDigits, kMaxOtpDigits, kDefaultDigits));
  uri.digits = static_cast<int>(digits);
  if (uri.type == OtpType::kHotp) {
    TWOFOLD_ASSIGN_OR_RETURN(uri.counter,
                             Number(parameters, "counter", 0, kMaxStartCounter, missing_counter));
    return absl::OkStatus();
  }
  TWOFOLD_ASSIGN_OR_RETURN(const int64_t period, Number(parameters, "period", kMinPeriodSeconds,
                                                        kMaxPeriodSeconds, kDefaultPeriodSeconds));
  uri.period_seconds = static_cast<int>(period);
  return absl::OkStatus();
}

bool ConsumeIgnoringCase(absl::string_view& text, absl::string_view prefix) {
  if (!absl::StartsWithIgnoreCase(text, prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

}  // namespace

std::string FormatOtpauthUri(const OtpauthUri& uri) {
  std::string secret = Base32Encode(uri.secret.bytes());
  const bool is_totp = uri.type == OtpType::kTotp;
  std::string text = absl::StrCat("otpauth://", is_totp ? "totp/" : "hotp/", Label(uri), "?secret=", secret);
  WipeString(secret);
  if (!uri.issuer.empty()) absl::StrAppend(&text, "&issuer=", PercentEncode(uri.issuer));
  if (uri.algorithm != kDefaultAlgorithm) absl::StrAppend(&text, "&algorithm=", AlgorithmName(uri.algorithm));
  if (uri.digits != kDefaultDigits) absl::StrAppend(&text, "&digits=", uri.digits);
  if (is_totp && uri.period_seconds != kDefaultPeriodSeconds)
    absl::StrAppend(&text, "&period=", uri.period_seconds);
  if (!is_totp) absl::StrAppend(&text, "&counter=", uri.counter);
  return text;
}

absl::StatusOr<OtpauthUri> ParseOtpauthUri(absl::string_view text, std::optional<int64_t> missing_counter) {
  if (text.size() > kMaxUriSize) return Invalid(absl::StrCat("longer than ", kMaxUriSize, " bytes"));
  OtpauthUri uri;
  absl::ConsumePrefix(&text, kByteOrderMark);
  text = absl::StripAsciiWhitespace(text);
  if (!ConsumeIgnoringCase(text, "otpauth://")) return Invalid("it does not begin with otpauth://");
  const absl::string_view type = text.substr(0, text.find_first_of("/?"));
  if (absl::EqualsIgnoreCase(type, "hotp")) {
    uri.type = OtpType::kHotp;
  } else if (!absl::EqualsIgnoreCase(type, "totp")) {
    return Invalid("its type is neither totp nor hotp");
  }
  text.remove_prefix(type.size());
  absl::ConsumePrefix(&text, "/");
  // Readers differ on what a number sign cuts off.
  if (absl::StrContains(text, '#')) return Invalid("a number sign that is not written as %23");
  const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(text, absl::MaxSplits('?', 1));
  TWOFOLD_ASSIGN_OR_RETURN(Parameters parameters, ParseQuery(parts.second));
  const absl::Status status = ParseFields(parts.first, parameters, missing_counter, uri);
  WipeSecret(parameters);
  if (!status.ok()) return status;
  return uri;
}

}  // namespace twofold
