#ifndef TWOFOLD_CLIENTS_FORMATS_REFUSED_H_
#define TWOFOLD_CLIENTS_FORMATS_REFUSED_H_

#include "absl/strings/string_view.h"

namespace twofold {

// A file that is known and not read: the exports of apps that belong to one person, and formats that
// cannot be opened.
struct RefusedFormat {
  // "an export of Aegis"
  const char* what;
  // What to do instead. The end of a sentence.
  const char* way;
};

// Returns the refused format that `text` is in, or null. Also knows files that are cut off or
// damaged, as long as they have the traits of the format.
const RefusedFormat* FindRefusedFormat(absl::string_view text);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_FORMATS_REFUSED_H_
