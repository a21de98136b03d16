#ifndef TWOFOLD_CLIENTS_PROMPT_SCREENS_MANAGE_H_
#define TWOFOLD_CLIENTS_PROMPT_SCREENS_MANAGE_H_

#include "clients/prompt/screens/screen.h"

namespace twofold {

// The methods of the user, with what can be done to each.
Drawn DrawManage(const Screen& screen);

// `typed` is the new name.
Drawn DrawRename(const Screen& screen, const v1::Method& method, absl::string_view typed);

// Questions before something is lost.
Drawn DrawRemove(const Screen& screen, const v1::Method& method);
Drawn DrawNewCodes(const Screen& screen);
Drawn DrawDeleteCodes(const Screen& screen);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_PROMPT_SCREENS_MANAGE_H_
