#ifndef TWOFOLD_CLIENTS_PROMPT_SCREENS_PLAIN_H_
#define TWOFOLD_CLIENTS_PROMPT_SCREENS_PLAIN_H_

#include <string>

#include "absl/strings/string_view.h"
#include "clients/prompt/screens/screen.h"

// Screens without an open prompt.

namespace twofold {

// Takes the token out of the link's fragment. `action` is where start.js posts it.
Drawn DrawStart(const Texts& texts, absl::string_view action);

// The prompt is over. `return_url` leads back, and may be empty.
Drawn DrawOver(const Texts& texts, absl::string_view return_url);

// A title and a text. With `again`, there is a link to the same page once more.
Drawn DrawNotice(const Texts& texts, TextId title, TextId text, absl::string_view again = "");

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_PROMPT_SCREENS_PLAIN_H_
