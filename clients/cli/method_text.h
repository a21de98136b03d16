#ifndef TWOFOLD_CLIENTS_CLI_METHOD_TEXT_H_
#define TWOFOLD_CLIENTS_CLI_METHOD_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "twofold/v1/method.pb.h"
#include "twofold/v1/two_factor_service.pb.h"

namespace twofold {

// A method in a sentence: its id and, in quotes, its description.
std::string MethodName(const v1::Method& method);

// Which method accepted, and a warning when few backup codes are left.
std::string VerifiedText(const v1::VerifyResponse& response);

// A table of the methods, the default one marked, and whether the user is locked. `user` is the name for
// messages.
std::string MethodsText(const v1::ListMethodsResponse& response, absl::string_view user);

// The device that a deletion of `method_id` would turn the second factor off with; null when others remain,
// or when it is none that counts.
const v1::Method* LastDevice(const v1::ListMethodsResponse& response, absl::string_view method_id);

// What a deletion of that device takes along, as a question.
std::string LastDeviceQuestion(const v1::ListMethodsResponse& response, const v1::Method& device,
                               absl::string_view user);

// What is gone and what remains.
std::string DeletedText(const v1::DeleteMethodResponse& response, absl::string_view method_id);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_CLI_METHOD_TEXT_H_
