#ifndef TWOFOLD_CLIENTS_PROMPT_SCREENS_ENROLL_H_
#define TWOFOLD_CLIENTS_PROMPT_SCREENS_ENROLL_H_

#include <vector>

#include "clients/prompt/screens/screen.h"

namespace twofold {

// The word for a type in forms and addresses, such as "totp". Empty for a type that cannot be enrolled here.
std::string WordOf(v1::MethodType type);
v1::MethodType TypeOfWord(absl::string_view word);

// The types that the user may add, as cards.
Drawn DrawChooseType(const Screen& screen);

// Asks for a phone number or an address. `typed` is what stood there before an error.
Drawn DrawDestination(const Screen& screen, v1::MethodType type, absl::string_view typed);

// What the user does to confirm the new method: scans a QR code and types a code, registers a key, or types
// the code that was sent. `enroll_request_id` is that of the enrolment, which asks for the same QR code again
// after a wrong code. `name` is what the user called the method so far.
Drawn DrawConfirm(const Screen& screen, const v1::EnrollResponse& enrolled,
                  absl::string_view enroll_request_id, absl::string_view name);

// Asks once more for the code that was sent for a pending method.
Drawn DrawConfirmSent(const Screen& screen, const v1::Method& method);

// The emergency codes, which are shown once.
Drawn DrawCodes(const Screen& screen, const std::vector<std::string>& codes);

// After the last step of PROMPT_PURPOSE_ENROLL, where no new codes are shown.
Drawn DrawEnrolled(const Screen& screen);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_PROMPT_SCREENS_ENROLL_H_
