#ifndef TWOFOLD_CLIENTS_FORMATS_COMPLETE_H_
#define TWOFOLD_CLIENTS_FORMATS_COMPLETE_H_

#include "absl/status/status.h"
#include "clients/formats/imported.h"

namespace twofold {

// Fills in what the entry leaves out from the defaults, and checks the bounds of otpauth_uri.h. The
// error names the flag that gives a missing value. Its message is the end of a sentence.
absl::Status CompleteEntry(ImportedEntry& entry, const ImportOptions& options);

// Completes each entry. Those that fail become errors. Adds a note on secrets that occur twice.
void CompleteEntries(ParsedFile& file, const ImportOptions& options);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_FORMATS_COMPLETE_H_
