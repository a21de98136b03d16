#ifndef TWOFOLD_TESTS_METHODS_CODE_CARD_H_
#define TWOFOLD_TESTS_METHODS_CODE_CARD_H_

#include <memory>
#include <string>

#include "server/methods/authenticator.h"

namespace twofold {

// A type that only this test knows: a printed card with 24 codes of six digits, in any order and each once.
// It shows what a new type needs. The server has no line about it but the one in the list of types.
inline constexpr auto kCodeCardType = static_cast<v1::MethodType>(100);
inline constexpr int kCardCodes = 24;
// A card with this description cannot be shown.
inline constexpr char kUnprintable[] = "unprintable";

std::unique_ptr<const Authenticator> NewCodeCard();

// The code in this place of the card that was made from `seed`.
std::string CardCode(absl::string_view seed, int place);

}  // namespace twofold

#endif  // TWOFOLD_TESTS_METHODS_CODE_CARD_H_
