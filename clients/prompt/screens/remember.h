#ifndef TWOFOLD_CLIENTS_PROMPT_SCREENS_REMEMBER_H_
#define TWOFOLD_CLIENTS_PROMPT_SCREENS_REMEMBER_H_

#include "clients/prompt/screens/screen.h"

// What the screens have for devices on which the user is remembered.

namespace twofold {

// Asks whether this device shall be remembered. Empty where the service does not offer it, and for
// emergency codes, which are not remembered.
Html RememberBox(const Screen& screen, v1::MethodType type);

// The same answer once more in the next form.
Html RememberAgain(const Screen& screen);

// The user's remembered devices, each with a button that forgets it. Empty if there is none.
Html RememberedDevices(const Screen& screen);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_PROMPT_SCREENS_REMEMBER_H_
