#ifndef TWOFOLD_CLIENTS_CLI_ENROLLMENT_TEXT_H_
#define TWOFOLD_CLIENTS_CLI_ENROLLMENT_TEXT_H_

#include <google/protobuf/repeated_field.h>

#include <string>

#include "absl/strings/string_view.h"
#include "twofold/v1/two_factor_service.pb.h"

namespace twofold {

// What the user needs to set up the app, without a QR code.
std::string EnrollmentText(const v1::EnrollResponse& response);

// The command that confirms a pending method. `flags` are global options with a space before each.
std::string ConfirmCommand(const v1::EnrollResponse& response, absl::string_view user,
                           absl::string_view flags);

// What is left to do after an enrolment that was to stay pending. `file` is a temporary file with the QR
// code,
// "" without one.
std::string NextText(absl::string_view command, absl::string_view file);

// Why an enrolment stayed pending though it was to be confirmed, and what to do; no line break.
std::string ConfirmLaterText(const v1::EnrollResponse& response, absl::string_view command,
                             absl::string_view file);

std::string ConfirmationText(const v1::ConfirmEnrollmentResponse& response);

// New backup codes, one a line.
std::string BackupCodesText(const google::protobuf::RepeatedPtrField<std::string>& codes);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_CLI_ENROLLMENT_TEXT_H_
