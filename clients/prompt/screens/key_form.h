#ifndef TWOFOLD_CLIENTS_PROMPT_SCREENS_KEY_FORM_H_
#define TWOFOLD_CLIENTS_PROMPT_SCREENS_KEY_FORM_H_

#include "clients/prompt/screens/screen.h"

namespace twofold {

enum class KeyUse { kCreate, kGet };

// The form through which prompt.js sends what a security key made of `options_json`. `fields` are further
// fields of the form.
Html KeyForm(const Screen& screen, absl::string_view action, KeyUse use, absl::string_view options_json,
             const Html& fields);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_PROMPT_SCREENS_KEY_FORM_H_
