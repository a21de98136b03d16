#ifndef TWOFOLD_SERVER_METHODS_SENT_CODE_SENT_CODE_H_
#define TWOFOLD_SERVER_METHODS_SENT_CODE_SENT_CODE_H_

#include <memory>
#include <string>
#include <vector>

#include "server/methods/authenticator.h"

namespace twofold {

struct SentCodeSettings {
  // Whether codes of this type can be sent. Otherwise nobody can enrol or use such a method.
  bool is_on = false;
  // The name of the service in messages.
  std::string issuer;
  // Callers get the codes in their responses and send them.
  bool goes_to_caller = false;
  // METHOD_TYPE_SMS: the dial prefixes of numbers that may get messages, such as "+49". Empty: none.
  std::vector<std::string> dial_prefixes;
};

// METHOD_TYPE_SMS and METHOD_TYPE_EMAIL: the server makes a code of six digits for each challenge and
// has it sent. NIST SP 800-63B-4 calls both restricted. A code works with its own challenge only. The
// code that confirms a pending method is in the method, and dies with it.
std::unique_ptr<const Authenticator> NewSmsCodes(SentCodeSettings settings);
std::unique_ptr<const Authenticator> NewEmailCodes(SentCodeSettings settings);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_METHODS_SENT_CODE_SENT_CODE_H_
