#ifndef TWOFOLD_CLIENTS_CLI_ENROLLMENT_TEXT_H_
#define TWOFOLD_CLIENTS_CLI_ENROLLMENT_TEXT_H_

#include <google/protobuf/repeated_field.h>

#include <string>

#include "absl/strings/string_view.h"
#include "twofold/v1/two_factor_service.pb.h"

namespace twofold {

// Returns what the user needs to set up the app without a QR code, or where the code went that
// confirms the method. The options for a security key are not in it.
std::string EnrollmentText(const v1::EnrollResponse& response);

// Returns the command that confirms a pending method. `flags` are global options, each with a space
// in front.
std::string ConfirmCommand(const v1::EnrollResponse& response, absl::string_view user,
                           absl::string_view flags);

// Returns what the user still has to do after an enrolment that stays pending on purpose. `file` is
// the temporary file with the QR code, or "" if there is none.
std::string NextText(const v1::EnrollResponse& response, absl::string_view command, absl::string_view file);

// Returns why an enrolment stayed pending although it was to be confirmed, and what to do. The text
// has no line break.
std::string ConfirmLaterText(const v1::EnrollResponse& response, absl::string_view command,
                             absl::string_view file);

std::string ConfirmationText(const v1::ConfirmEnrollmentResponse& response);

// Returns new backup codes, each on a line of its own.
std::string BackupCodesText(const google::protobuf::RepeatedPtrField<std::string>& codes);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_CLI_ENROLLMENT_TEXT_H_
