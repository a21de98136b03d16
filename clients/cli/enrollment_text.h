#ifndef TWOFOLD_CLIENTS_CLI_ENROLLMENT_TEXT_H_
#define TWOFOLD_CLIENTS_CLI_ENROLLMENT_TEXT_H_

#include <google/protobuf/repeated_field.h>

#include <string>

#include "absl/strings/string_view.h"
#include "twofold/v1/two_factor_service.pb.h"

namespace twofold {

// What the user needs to set up the app. `file` is where the QR code was written, "" when it was not.
std::string EnrollmentText(const v1::EnrollResponse& response, absl::string_view file);

// How to confirm a pending method later.
std::string ConfirmLaterText(const v1::EnrollResponse& response, absl::string_view user,
                             absl::string_view tenant);

std::string ConfirmationText(const v1::ConfirmEnrollmentResponse& response);

// New backup codes, one a line.
std::string BackupCodesText(const google::protobuf::RepeatedPtrField<std::string>& codes);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_CLI_ENROLLMENT_TEXT_H_
