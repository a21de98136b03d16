#include "clients/formats/complete.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/status_macros.h"
#include "common/unicode.h"
#include "crypto/otp.h"

namespace twofold {
namespace {

constexpr size_t kSha256KeySize = 32;
constexpr size_t kSha512KeySize = 64;

absl::Status Invalid(absl::string_view why) { return absl::InvalidArgumentError(why); }

absl::Status CheckSecret(const SecretBytes& secret) {
  if (secret.empty()) return Invalid("has no secret");
  if (secret.size() >= kMinSecretSize && secret.size() <= kMaxSecretSize) return absl::OkStatus();
  return Invalid(absl::StrCat("has a secret of ", secret.size(), " bytes, and ", kMinSecretSize, " to ",
                              kMaxSecretSize, " bytes are allowed"));
}

HashAlgorithm ByLength(size_t secret_size) {
  if (secret_size == kSha256KeySize) return HashAlgorithm::kSha256;
  if (secret_size == kSha512KeySize) return HashAlgorithm::kSha512;
  return HashAlgorithm::kSha1;
}

// Tokens whose secret is as long as a longer hash usually use that hash, and systems read files that
// leave it out in different ways.
absl::Status CompleteAlgorithm(ImportedEntry& entry, const ImportDefaults& defaults) {
  if (entry.algorithm.has_value()) return absl::OkStatus();
  const HashAlgorithm by_length = ByLength(entry.secret.size());
  if (defaults.algorithm.has_value()) {
    entry.algorithm = defaults.algorithm;
  } else if (defaults.algorithm_by_length || by_length == HashAlgorithm::kSha1) {
    entry.algorithm = by_length;
  } else {
    return Invalid(absl::StrCat("does not name its hash, and its secret has ", entry.secret.size(),
                                " bytes: add --default-algorithm with SHA1, SHA256, SHA512 or by-length"));
  }
  return absl::OkStatus();
}

absl::Status CompleteDigits(ImportedEntry& entry, const ImportDefaults& defaults) {
  if (!entry.digits.has_value()) entry.digits = defaults.digits;
  if (!entry.digits.has_value())
    return Invalid("does not say how many digits a code has: add --default-digits with 6, 7 or 8");
  if (*entry.digits >= kMinOtpDigits && *entry.digits <= kMaxOtpDigits) return absl::OkStatus();
  return Invalid(absl::StrCat("has codes of ", *entry.digits, " digits, and ", kMinOtpDigits, " to ",
                              kMaxOtpDigits, " digits are allowed"));
}

absl::Status CompletePeriod(ImportedEntry& entry, const ImportDefaults& defaults) {
  if (!entry.period_seconds.has_value()) entry.period_seconds = defaults.period_seconds;
  if (!entry.period_seconds.has_value())
    return Invalid("does not say its period: add --default-period with the seconds, mostly 30");
  if (*entry.period_seconds >= kMinPeriodSeconds && *entry.period_seconds <= kMaxPeriodSeconds)
    return absl::OkStatus();
  return Invalid(absl::StrCat("has a period of ", *entry.period_seconds, " s, and ", kMinPeriodSeconds,
                              " to ", kMaxPeriodSeconds, " s are allowed"));
}

absl::Status CompleteCounter(ImportedEntry& entry, const ImportDefaults& defaults) {
  if (!entry.counter.has_value()) entry.counter = defaults.counter;
  if (!entry.counter.has_value()) {
    return Invalid("does not say its counter: add --default-counter, with 0 for tokens that were never used");
  }
  if (*entry.counter >= 0 && *entry.counter <= kMaxStartCounter) return absl::OkStatus();
  return Invalid(absl::StrCat("has a counter that is not from 0 to ", kMaxStartCounter));
}

absl::Status CheckNames(const ImportedEntry& entry) {
  for (const std::string* text :
       {&entry.issuer, &entry.account, &entry.serial, &entry.key_id, &entry.user, &entry.description}) {
    if (!TextFault(*text).empty()) return Invalid("has a name that is not UTF-8 or has control characters");
  }
  if (entry.issuer.size() > kMaxUriIssuerSize)
    return Invalid(absl::StrCat("has an issuer of more than ", kMaxUriIssuerSize, " bytes"));
  if (entry.account.size() > kMaxAccountNameSize)
    return Invalid(absl::StrCat("has an account name of more than ", kMaxAccountNameSize, " bytes"));
  return absl::OkStatus();
}

// RFC 6030 has XML's dateTime. Its drafts had days of two notations.
absl::Status CheckExpiry(const ImportedEntry& entry, const ImportOptions& options) {
  if (entry.expiry.empty() || options.include_expired) return absl::OkStatus();
  absl::Time expiry;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, entry.expiry, &expiry, &error) &&
      !absl::ParseTime("%Y-%m-%d", entry.expiry, &expiry, &error) &&
      !absl::ParseTime("%Y-%m-%dT%H:%M:%E*S", entry.expiry, &expiry, &error)) {
    return Invalid(absl::StrCat("has an expiry date that cannot be read, ", entry.expiry.substr(0, 40),
                                ": add --include-expired to take it all the same"));
  }
  if (expiry > options.now) return absl::OkStatus();
  return Invalid(
      absl::StrCat("expired at ", entry.expiry, ": add --include-expired to take it all the same"));
}

// Reads no two secrets, only whether they are equal.
void NoteDuplicates(ParsedFile& file) {
  absl::flat_hash_map<absl::string_view, size_t> seen;
  size_t count = 0;
  std::string first;
  for (const ImportedEntry& entry : file.entries) {
    const auto [at, is_new] = seen.try_emplace(entry.secret.text(), entry.position);
    if (is_new) continue;
    if (count++ == 0) first = absl::StrCat(entry.position, " repeats number ", at->second);
  }
  if (count == 0) return;
  file.notes.push_back(absl::StrCat(count, count == 1 ? " entry has" : " entries have",
                                    " the secret of an earlier one. Number ", first, "."));
}

}  // namespace

std::string EntryName(const ImportedEntry& entry) {
  for (const std::string* name : {&entry.serial, &entry.account, &entry.user, &entry.key_id}) {
    if (!name->empty()) return *name;
  }
  return "";
}

absl::Status CompleteEntry(ImportedEntry& entry, const ImportOptions& options) {
  TWOFOLD_RETURN_IF_ERROR(CheckNames(entry));
  TWOFOLD_RETURN_IF_ERROR(CheckSecret(entry.secret));
  TWOFOLD_RETURN_IF_ERROR(CheckExpiry(entry, options));
  TWOFOLD_RETURN_IF_ERROR(CompleteAlgorithm(entry, options.defaults));
  TWOFOLD_RETURN_IF_ERROR(CompleteDigits(entry, options.defaults));
  return entry.type == OtpType::kTotp ? CompletePeriod(entry, options.defaults)
                                      : CompleteCounter(entry, options.defaults);
}

void CompleteEntries(ParsedFile& file, const ImportOptions& options) {
  std::vector<ImportedEntry> complete;
  complete.reserve(file.entries.size());
  for (ImportedEntry& entry : file.entries) {
    const absl::Status status = CompleteEntry(entry, options);
    if (status.ok()) {
      complete.push_back(std::move(entry));
    } else {
      file.errors.push_back({entry.position, EntryName(entry), std::string(status.message())});
    }
  }
  file.entries = std::move(complete);
  std::stable_sort(file.errors.begin(), file.errors.end(),
                   [](const EntryError& a, const EntryError& b) { return a.position < b.position; });
  NoteDuplicates(file);
}

}  // namespace twofold
