#ifndef TWOFOLD_CLIENTS_CLI_METHOD_TEXT_H_
#define TWOFOLD_CLIENTS_CLI_METHOD_TEXT_H_

#include <string>

#include "twofold/v1/method.pb.h"
#include "twofold/v1/two_factor_service.pb.h"

namespace twofold {

// A method in a sentence: its id and, in quotes, its description.
std::string MethodName(const v1::Method& method);

// Which method accepted, and a warning when few backup codes are left.
std::string VerifiedText(const v1::VerifyResponse& response);

// A table of the methods, the default one marked, and whether the user is locked.
std::string MethodsText(const v1::ListMethodsResponse& response);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_CLI_METHOD_TEXT_H_
