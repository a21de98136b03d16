#include "clients/formats/refused.h"

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "clients/formats/text.h"

namespace twofold {
namespace {

using Texts = std::initializer_list<absl::string_view>;

constexpr char kEnrolAnew[] =
    "the app exports no otpauth:// URIs, so let the person enrol a new authenticator";
constexpr char kUriFields[] =
    "it holds otpauth:// URIs, so write them into a file, one a line, and import that with --format otpauth";
constexpr char kUriList[] =
    "export the accounts from the app as otpauth:// URIs in plain text, and import that with --format "
    "otpauth";
constexpr char kByGoogle[] =
    "let the app transfer its accounts as QR codes, read these with zbarimg --raw, and import the lines with "
    "--format google-migration";
constexpr char kSeedsAsCsv[] =
    "ask the vendor for the seeds as PSKC, or write serial numbers and seeds into a CSV for --format "
    "oath-csv";
constexpr char kUnpack[] = "unpack it first, and import what it holds";

// All of the parts occur near the beginning of the file, without regard to white space.
struct Traits {
  RefusedFormat format;
  Texts parts;
};

// The members of JSON that no other format has. A damaged file is known by them as well.
const Traits kJson[] = {
    {{"an export of 2FAS", kEnrolAnew}, {"\"schemaVersion\":", "\"appOrigin\":"}},
    {{"an export of 2FAuth", kUriList}, {"\"app\":\"2fauth"}},
    {{"an export of Aegis", kUriList}, {"\"db\":", "\"header\":"}},
    {{"an export of Duo Mobile", kEnrolAnew}, {"\"otpGenerator\":"}},
    {{"an encrypted export of Ente Auth", kUriList}, {"\"kdfParams\":", "\"encryptedData\":"}},
    {{"an export of FreeOTP+", kUriList}, {"\"tokenOrder\":", "\"tokens\":"}},
    {{"an export of Proton Authenticator", kUriFields}, {"\"entry_type\":", "\"content\":"}},
    {{"an encrypted export of Proton Authenticator", kUriList},
     {"\"version\":", "\"salt\":", "\"content\":"}},
    {{"a file of Steam Guard", "Steam's codes have letters, which Twofold cannot check"},
     {"\"shared_secret\":"}},
    {{"an export of Stratum (Authenticator Pro)", kUriList}, {"\"Authenticators\":["}},
    {{"an encrypted export of Bitwarden",
      "export it without encryption, and write the URIs of its totp fields one a line for --format otpauth"},
     {"\"encrypted\":true"}},
    {{"an export of Bitwarden", kUriFields}, {"\"encrypted\":false", "\"login\":"}},
    {{"an export of andOTP", kEnrolAnew}, {"\"secret\":", "\"thumbnail\":"}},
};

// Files of XML, and text that begins like no other.
const Traits kText[] = {
    {{"a copy of the settings of Authy", kEnrolAnew}, {"<map>", "com.authy.storage"}},
    {{"a copy of the settings of FreeOTP", kEnrolAnew}, {"<map>", "issuerExt"}},
    {{"an XML file of SafeNet or Aladdin", kSeedsAsCsv}, {"<Token", "<Seed>"}},
    {{"a data file of SafeWord", kSeedsAsCsv}, {"sccAuthenticatorId", "sccKey="}},
    {{"encrypted with PGP", "decrypt it with gpg --decrypt, and import the result"},
     {"-----BEGINPGPMESSAGE"}},
};

struct Start {
  RefusedFormat format;
  absl::string_view bytes;
};

const Start kStarts[] = {
    {{"an encrypted backup of Stratum (Authenticator Pro)", kUriList}, "AUTHENTICATORPRO"},
    {{"an encrypted backup of Stratum (Authenticator Pro)", kUriList}, "AuthenticatorPro"},
    {{"a backup of FreeOTP", kEnrolAnew}, absl::string_view("\xac\xed\x00\x05", 4)},
    {{"a picture", "read its QR code with zbarimg --raw, and import the lines"}, "\x89PNG"},
    {{"a picture", "read its QR code with zbarimg --raw, and import the lines"}, "\xff\xd8\xff"},
    {{"a ZIP archive", kUnpack}, "PK\x03\x04"},
    {{"compressed with gzip", kUnpack}, "\x1f\x8b"},
    {{"text in UTF-16", "save it as UTF-8"}, "\xff\xfe"},
    {{"text in UTF-16", "save it as UTF-8"}, "\xfe\xff"},
};

const RefusedFormat kGoogleDatabase = {"a copy of the database of Google Authenticator", kByGoogle};
const RefusedFormat kMicrosoftDatabase = {"a copy of the database of Microsoft Authenticator", kEnrolAnew};
const RefusedFormat kOtherDatabase = {"an SQLite database of an unknown system",
                                      "export its secrets in one of the formats of --format"};
const RefusedFormat kAndOtp = {"an encrypted export of andOTP", kEnrolAnew};
const RefusedFormat kTotpAuthenticator = {"an encrypted export of TOTP Authenticator", kEnrolAnew};

std::string WithoutSpace(absl::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (!absl::ascii_isspace(static_cast<unsigned char>(c))) out.push_back(c);
  }
  return out;
}

template <size_t kSize>
const RefusedFormat* Find(const Traits (&table)[kSize], absl::string_view compact) {
  for (const Traits& traits : table) {
    if (std::all_of(traits.parts.begin(), traits.parts.end(),
                    [compact](absl::string_view part) { return absl::StrContains(compact, part); })) {
      return &traits.format;
    }
  }
  return nullptr;
}

const RefusedFormat* FindDatabase(absl::string_view text) {
  if (!absl::StartsWith(text, "SQLite format 3")) return nullptr;
  // The statements that made the tables stand in the first page.
  if (absl::StrContains(text, "oath_secret_key")) return &kMicrosoftDatabase;
  if (absl::StrContains(text, "auditlog_") || absl::StrContains(text, "email TEXT NOT NULL, secret TEXT"))
    return &kGoogleDatabase;
  return &kOtherDatabase;
}

// andOTP writes the number of iterations in front, in four bytes, and draws it from this range.
bool IsEncryptedAndOtp(absl::string_view text) {
  constexpr uint32_t kLeast = 140'000;
  constexpr uint32_t kMost = 160'000;
  constexpr size_t kHeader = 4 + 12 + 12;
  if (text.size() < kHeader) return false;
  uint32_t iterations = 0;
  for (const char c : text.substr(0, sizeof(iterations)))
    iterations = iterations << 8 | static_cast<uint8_t>(c);
  return iterations >= kLeast && iterations <= kMost;
}

// TOTP Authenticator writes nothing but Base64 of whole blocks, on one line.
bool IsTotpAuthenticator(absl::string_view text) {
  constexpr size_t kLeast = 128;
  text = absl::StripAsciiWhitespace(text);
  return text.size() >= kLeast && text.size() % 4 == 0 && std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '+' || c == '/' || c == '=';
         });
}

}  // namespace

const RefusedFormat* FindRefusedFormat(absl::string_view text) {
  constexpr size_t kHead = 65536;
  for (const Start& start : kStarts) {
    if (absl::StartsWith(text, start.bytes)) return &start.format;
  }
  if (const RefusedFormat* database = FindDatabase(text); database != nullptr) return database;
  if (IsEncryptedAndOtp(text)) return &kAndOtp;
  text = absl::StripLeadingAsciiWhitespace(WithoutByteOrderMark(text));
  const std::string compact = WithoutSpace(text.substr(0, kHead));
  if (absl::StartsWith(text, "{") || absl::StartsWith(text, "[")) {
    // A realm of Keycloak is read and may hold any name.
    return absl::StrContains(compact, "\"realm\":") ? nullptr : Find(kJson, compact);
  }
  if (const RefusedFormat* found = Find(kText, compact); found != nullptr) return found;
  return IsTotpAuthenticator(text) ? &kTotpAuthenticator : nullptr;
}

}  // namespace twofold
