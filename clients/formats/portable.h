#ifndef TWOFOLD_CLIENTS_FORMATS_PORTABLE_H_
#define TWOFOLD_CLIENTS_FORMATS_PORTABLE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "clients/formats/imported.h"
#include "clients/formats/user_map.h"
#include "crypto/cms.h"
#include "twofold/v1/admin_service.pb.h"

namespace twofold {

// A method as it goes to the server, with the place in the file that it came from.
struct PortableEntry {
  PortableEntry(size_t position_in, std::string name_in, v1::PortableMethod method_in)
      : position(position_in), name(std::move(name_in)), method(std::move(method_in)) {}

  size_t position;
  std::string name;
  v1::PortableMethod method;
};

// The methods of a file. `errors` are the entries that are left out.
struct PortableFile {
  std::vector<PortableEntry> entries;
  std::vector<EntryError> errors;
  std::vector<std::string> notes;
};

struct PortableOptions {
  std::string tenant;
  // For entries that name no issuer.
  std::string issuer;
  // Null where the file itself says who gets an entry. Otherwise the map alone says it.
  const UserMap* users = nullptr;
  absl::Time now;
};

// Makes methods of entries that are complete. An entry whose user is not known becomes an error.
PortableFile ToPortable(ParsedFile file, const PortableOptions& options);

// Reads Twofold's own export: a CMS message with a PortableMethod in protobuf JSON on each line. The
// errors are those of OpenCms. Lines that are no such method become errors.
absl::StatusOr<PortableFile> ReadSealedFile(absl::string_view file, const CmsOpener& opener);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_FORMATS_PORTABLE_H_
