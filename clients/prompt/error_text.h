#ifndef TWOFOLD_CLIENTS_PROMPT_ERROR_TEXT_H_
#define TWOFOLD_CLIENTS_PROMPT_ERROR_TEXT_H_

#include <string>

#include "clients/cpp/call_error.h"
#include "clients/prompt/texts/texts.h"

namespace twofold {

// Whether the user can do something about the error on the same screen.
bool IsForUser(const CallError& error);

// What the user reads. `by_key` says that a security key was refused, not a code.
std::string ErrorText(const Texts& texts, const CallError& error, bool by_key);

// The status of the page that shows the error.
unsigned StatusOf(const CallError& error);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_PROMPT_ERROR_TEXT_H_
