#include "clients/formats/google_migration.h"

#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "clients/formats/text.h"
#include "twofold/internal/v1/google_migration.pb.h"

namespace twofold {
namespace {

using internal::v1::MigrationAccount;
using internal::v1::MigrationPayload;

// The parameter data. Apps leave its plus signs and slashes as they are or escape them.
std::optional<SecretBytes> DataOf(absl::string_view rest) {
  const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(rest, absl::MaxSplits('?', 1));
  for (absl::string_view parameter : absl::StrSplit(parts.second, '&')) {
    if (!absl::ConsumePrefix(&parameter, "data=")) continue;
    std::string data = absl::StrReplaceAll(parameter, {{"%2B", "+"},
                                                       {"%2b", "+"},
                                                       {"%2F", "/"},
                                                       {"%2f", "/"},
                                                       {"%3D", "="},
                                                       {"%3d", "="},
                                                       {" ", "+"},
                                                       {"-", "+"},
                                                       {"_", "/"}});
    std::optional<SecretBytes> bytes = ReadBase64(data);
    WipeString(data);
    return bytes;
  }
  return std::nullopt;
}

// Returns what the account cannot be imported for, or nothing.
absl::string_view SetParameters(const MigrationAccount& account, ImportedEntry& entry) {
  switch (account.type()) {
    case internal::v1::MIGRATION_TYPE_HOTP:
      entry.type = OtpType::kHotp;
      entry.counter = account.counter();
      break;
    case internal::v1::MIGRATION_TYPE_TOTP:
      entry.type = OtpType::kTotp;
      // The app knows no other period.
      entry.period_seconds = kDefaultPeriodSeconds;
      break;
    default:
      return "is neither a TOTP nor a HOTP account";
  }
  switch (account.algorithm()) {
    case internal::v1::MIGRATION_ALGORITHM_UNSPECIFIED:
    case internal::v1::MIGRATION_ALGORITHM_SHA1:
      entry.algorithm = HashAlgorithm::kSha1;
      break;
    case internal::v1::MIGRATION_ALGORITHM_SHA256:
      entry.algorithm = HashAlgorithm::kSha256;
      break;
    case internal::v1::MIGRATION_ALGORITHM_SHA512:
      entry.algorithm = HashAlgorithm::kSha512;
      break;
    default:
      return "has a hash that is none of SHA1, SHA256 and SHA512";
  }
  switch (account.digits()) {
    case internal::v1::MIGRATION_DIGITS_UNSPECIFIED:
    case internal::v1::MIGRATION_DIGITS_SIX:
      entry.digits = 6;
      return "";
    case internal::v1::MIGRATION_DIGITS_EIGHT:
      entry.digits = 8;
      return "";
    default:
      return "has a number of digits that is neither six nor eight";
  }
}

void AddAccount(const MigrationAccount& account, size_t position, ParsedFile& file) {
  ImportedEntry entry;
  entry.position = position;
  entry.issuer = account.issuer();
  // The app repeats the issuer in front of the name. Any other colon belongs to the name.
  absl::string_view name = account.name();
  if (!entry.issuer.empty() && absl::ConsumePrefix(&name, absl::StrCat(entry.issuer, ":")))
    name = absl::StripLeadingAsciiWhitespace(name);
  entry.account = std::string(name);
  entry.user = entry.account;
  entry.secret = SecretBytes::FromString(account.secret());
  if (const absl::string_view fault = SetParameters(account, entry); !fault.empty()) {
    file.errors.push_back({position, entry.account, std::string(fault)});
    return;
  }
  file.entries.push_back(std::move(entry));
}

void WipeSecrets(MigrationPayload& payload) {
  for (MigrationAccount& account : *payload.mutable_accounts()) WipeString(*account.mutable_secret());
}

}  // namespace

void GoogleMigration::Add(absl::string_view rest, size_t position, ParsedFile& file) {
  const std::optional<SecretBytes> data = DataOf(rest);
  if (!data.has_value()) {
    file.errors.push_back(
        {position, "", "is a migration URI whose parameter data is missing or is not Base64"});
    return;
  }
  MigrationPayload payload;
  if (!payload.ParseFromArray(data->bytes().data(), static_cast<int>(data->size())) ||
      payload.accounts().empty()) {
    WipeSecrets(payload);
    file.errors.push_back(
        {position, "", "is a migration URI whose payload is not a valid message, or has no account"});
    return;
  }
  for (const MigrationAccount& account : payload.accounts()) AddAccount(account, position, file);
  WipeSecrets(payload);
  Batch& batch = batches_[payload.batch_id()];
  batch.size = payload.batch_size();
  batch.parts.insert(payload.batch_index());
}

void GoogleMigration::NoteMissingParts(ParsedFile& file) const {
  for (const auto& [id, batch] : batches_) {
    const auto parts = static_cast<int32_t>(batch.parts.size());
    if (batch.size <= parts) continue;
    file.notes.push_back(absl::StrCat("The app split its accounts into ", batch.size,
                                      " codes, and the file has ", parts, " of them."));
  }
}

}  // namespace twofold
