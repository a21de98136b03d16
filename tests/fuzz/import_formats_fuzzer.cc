// The parsers of other systems' files take what administrators were sent. The first byte chooses the format,
// and the rest is the file. What comes out is complete and within the bounds. Each file is also taken for a
// user map.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "clients/formats/formats.h"
#include "clients/formats/user_map.h"
#include "crypto/bytes.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

twofold::ImportOptions Options() {
  twofold::ImportOptions options;
  options.defaults.digits = 6;
  options.defaults.period_seconds = 30;
  options.defaults.counter = 0;
  options.defaults.algorithm_by_length = true;
  options.key = twofold::SecretBytes::FromString("@ABCDEFGHIJKLMNO");
  options.password = twofold::SecretBytes::FromString("swordfish");
  options.now = absl::UnixEpoch();
  return options;
}

bool WithinBounds(const twofold::ImportedEntry& entry) {
  const bool is_totp = entry.type == twofold::OtpType::kTotp;
  return entry.position > 0 && entry.secret.size() >= twofold::kMinSecretSize &&
         entry.secret.size() <= twofold::kMaxSecretSize && entry.algorithm.has_value() &&
         entry.digits.has_value() && *entry.digits >= 6 && *entry.digits <= 8 &&
         entry.issuer.size() <= twofold::kMaxUriIssuerSize &&
         entry.account.size() <= twofold::kMaxAccountNameSize &&
         (is_totp ? entry.period_seconds.has_value() && *entry.period_seconds >= twofold::kMinPeriodSeconds &&
                        *entry.period_seconds <= twofold::kMaxPeriodSeconds
                  : entry.counter.has_value() && *entry.counter >= 0 &&
                        *entry.counter <= twofold::kMaxStartCounter);
}

void Run(const uint8_t* data, size_t size) {
  if (size == 0) return;
  const std::vector<twofold::ImportFormat>& formats = twofold::ImportFormats();
  const absl::string_view text = twofold::AsText({data + 1, size - 1});
  static_cast<void>(twofold::DetectImportFormat(text));
  std::vector<twofold::EntryError> errors;
  const auto users = twofold::UserMap::Parse(text, errors);
  if (users.ok() && users->key_column().empty()) std::abort();
  static const twofold::ImportOptions options = Options();
  const auto file = twofold::ReadImportFile(formats[*data % formats.size()], text, options);
  if (!file.ok()) return;
  for (const twofold::ImportedEntry& entry : file->entries) {
    if (!WithinBounds(entry)) std::abort();
  }
  for (const twofold::EntryError& error : file->errors) {
    if (error.position == 0 || error.message.empty()) std::abort();
  }
}

[[maybe_unused]] const bool kAdded = twofold::AddFuzzTarget("import_formats", &Run);

}  // namespace
