#ifndef TWOFOLD_CLIENTS_FORMATS_GOOGLE_MIGRATION_H_
#define TWOFOLD_CLIENTS_FORMATS_GOOGLE_MIGRATION_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>

#include "absl/strings/string_view.h"
#include "clients/formats/imported.h"

namespace twofold {

// The otpauth-migration:// URIs that Google Authenticator shows as QR codes when it transfers
// accounts. Their message is proto/twofold/internal/v1/google_migration.proto.
class GoogleMigration {
 public:
  // Adds the accounts, or an error, of the rest of a URI behind its scheme.
  void Add(absl::string_view rest, size_t position, ParsedFile& file);

  // The app splits many accounts into several codes. Adds a note if one of them is not in the file.
  void NoteMissingParts(ParsedFile& file) const;

 private:
  struct Batch {
    int32_t size = 0;
    std::set<int32_t> parts;
  };

  std::map<int32_t, Batch> batches_;
};

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_FORMATS_GOOGLE_MIGRATION_H_
