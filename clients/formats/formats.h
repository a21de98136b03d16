#ifndef TWOFOLD_CLIENTS_FORMATS_FORMATS_H_
#define TWOFOLD_CLIENTS_FORMATS_FORMATS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "clients/formats/imported.h"

namespace twofold {

// A format that is read.
struct ImportFormat {
  // As --format takes it.
  const char* name;
  // Where such files come from, for help texts.
  const char* description;
  // What an entry is called in messages: "line", "key".
  const char* unit;
  absl::StatusOr<ParsedFile> (*parse)(absl::string_view text, const ImportOptions& options);
};

// Twofold's own export, which is opened by OpenCms and has no parser here.
inline constexpr char kSealedFormat[] = "sealed";

const std::vector<ImportFormat>& ImportFormats();

// Returns the format of this name, or null.
const ImportFormat* FindImportFormat(absl::string_view name);

// Returns the name of the format that `text` is in, which may be kSealedFormat. INVALID_ARGUMENT if
// it is none that is read. The message then names the app or the system that wrote the file, if it
// is one of those known, and the way to a format that is read.
absl::StatusOr<std::string> DetectImportFormat(absl::string_view text);

// Parses a file and completes its entries. Bounds its size and looks whether it is a file that is
// known and refused, whatever `format` says. An error refuses the whole file. A file may also have
// errors alone.
absl::StatusOr<ParsedFile> ReadImportFile(const ImportFormat& format, absl::string_view text,
                                          const ImportOptions& options);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_FORMATS_FORMATS_H_
