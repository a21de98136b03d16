#ifndef TWOFOLD_CLIENTS_FORMATS_IMPORTED_H_
#define TWOFOLD_CLIENTS_FORMATS_IMPORTED_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "crypto/hash_algorithm.h"
#include "crypto/secret_bytes.h"
#include "server/methods/otp/otpauth_uri.h"

// What the parsers of other systems' files give back. Parsers are pure functions of a file's text
// and the options. No message of theirs contains a secret.

namespace twofold {

inline constexpr size_t kMaxImportFileSize = size_t{64} << 20;
inline constexpr size_t kMaxImportEntries = 1'000'000;
// How deep objects of JSON and elements of XML may be nested.
inline constexpr int kMaxImportDepth = 64;

// The values for entries that leave them out. They are used only where the format itself has no
// default.
struct ImportDefaults {
  std::optional<int> digits;
  std::optional<int> period_seconds;
  std::optional<int64_t> counter;
  std::optional<HashAlgorithm> algorithm;
  // SHA256 for secrets of 32 bytes, SHA512 for those of 64 bytes and SHA1 for others.
  bool algorithm_by_length = false;
};

struct ImportOptions {
  ImportDefaults defaults;
  // What opens an encrypted file. `key` has the bytes of a symmetric key, or a private key in PEM
  // for Twofold's own export.
  SecretBytes key;
  SecretBytes password;
  // The initialization vector of a file that leaves it out.
  std::string iv;
  // Whether to take keys whose expiry date has passed or cannot be read.
  bool include_expired = false;
  absl::Time now;
};

struct ImportedEntry {
  // The number of the line or of the entry. The first one is 1.
  size_t position = 0;
  OtpType type = OtpType::kTotp;
  std::string issuer;
  std::string account;
  // Of a hardware token.
  std::string serial;
  std::string key_id;
  // Empty where the format does not name the user.
  std::string user;
  std::string description;
  SecretBytes secret;
  // CompleteEntry sets these four. The counter is that of HOTP, the period that of TOTP.
  std::optional<HashAlgorithm> algorithm;
  std::optional<int> digits;
  std::optional<int> period_seconds;
  std::optional<int64_t> counter;
  // TOTP: how many periods the token's clock is ahead of the server's.
  int clock_offset_steps = 0;
  // As the file has it.
  std::string expiry;
  std::optional<absl::Time> created;
  std::optional<absl::Time> last_used;
};

struct EntryError {
  size_t position = 0;
  // The serial number or the name of the entry, as far as it is known.
  std::string name;
  // The end of a sentence about the entry, such as "has no secret".
  std::string message;
};

struct ParsedFile {
  std::vector<ImportedEntry> entries;
  std::vector<EntryError> errors;
  // Sentences about the whole file for the administrator.
  std::vector<std::string> notes;
};

// Returns the name of an entry for messages. It may be empty.
std::string EntryName(const ImportedEntry& entry);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_FORMATS_IMPORTED_H_
