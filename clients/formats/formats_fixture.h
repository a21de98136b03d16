#ifndef TWOFOLD_CLIENTS_FORMATS_FORMATS_FIXTURE_H_
#define TWOFOLD_CLIENTS_FORMATS_FORMATS_FIXTURE_H_

#include <gtest/gtest.h>

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "clients/formats/formats.h"
#include "crypto/base32.h"

// What the tests of all formats share.

namespace twofold {

// 20 bytes.
inline constexpr char kSecretHex[] = "3132333435363738393031323334353637383930";
inline constexpr char kSecretBase32[] = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

inline ImportOptions TestOptions() {
  ImportOptions options;
  options.now = absl::FromUnixSeconds(1'700'000'000);
  return options;
}

inline absl::StatusOr<ParsedFile> Read(absl::string_view format, absl::string_view text,
                                       const ImportOptions& options = TestOptions()) {
  return ReadImportFile(*FindImportFormat(format), text, options);
}

// Reads a file that is not refused as a whole.
inline ParsedFile MustRead(absl::string_view format, absl::string_view text,
                           const ImportOptions& options = TestOptions()) {
  absl::StatusOr<ParsedFile> file = Read(format, text, options);
  EXPECT_TRUE(file.ok()) << file.status();
  return file.ok() ? *std::move(file) : ParsedFile();
}

// "totp issuer/account SECRET SHA1 6 30", and the counter in place of the period for HOTP.
inline std::string Shown(const ImportedEntry& entry) {
  const bool is_totp = entry.type == OtpType::kTotp;
  constexpr const char* kAlgorithms[] = {"SHA1", "SHA256", "SHA512"};
  return absl::StrCat(is_totp ? "totp " : "hotp ", entry.issuer, "/", entry.account, " ",
                      Base32Encode(entry.secret.bytes()), " ",
                      kAlgorithms[static_cast<int>(*entry.algorithm)], " ", *entry.digits, " ",
                      is_totp ? *entry.period_seconds : *entry.counter);
}

// The entries of a file and then its errors, one a line.
inline std::string Shown(const ParsedFile& file) {
  std::string shown;
  for (const ImportedEntry& entry : file.entries)
    absl::StrAppend(&shown, entry.position, ": ", Shown(entry), "\n");
  for (const EntryError& error : file.errors)
    absl::StrAppend(&shown, error.position, ": ", error.name, " ", error.message, "\n");
  return shown;
}

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_FORMATS_FORMATS_FIXTURE_H_
