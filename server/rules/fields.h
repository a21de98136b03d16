#ifndef TWOFOLD_SERVER_RULES_FIELDS_H_
#define TWOFOLD_SERVER_RULES_FIELDS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/methods/presented.h"
#include "server/methods/subject.h"
#include "twofold/v1/two_factor_service.pb.h"

// The shape of requests, decided on their text alone before anything is looked up or computed. Every error
// names the field. It is MALFORMED_CODE for a text that is no code, else INVALID_REQUEST.

namespace twofold {

// Of user id and tenant: an OpenID Connect subject is as long (Core 1.0 §2).
inline constexpr size_t kMaxNameSize = 255;
inline constexpr size_t kMaxDescriptionSize = 100;
inline constexpr size_t kMaxMethodIdSize = 64;
inline constexpr int kMinGrantSeconds = 60;
inline constexpr int kMaxGrantSeconds = 30 * 24 * 3600;

// Names are exact bytes: valid UTF-8 in NFC, without control characters, without code points that Unicode
// calls ignorable by default, and without white space at either end. The tenant may be empty.
absl::StatusOr<Subject> CheckSubject(absl::string_view tenant, absl::string_view user_id);

// Empty, or a UUID (RFC 4122) other than the nil one, in either case.
absl::Status CheckRequestId(absl::string_view request_id);

// An end user's address as it is counted. Both are empty where the caller passed none.
struct ClientAddress {
  // IPv4 whole, IPv6 by its /64, IPv4-mapped IPv6 as IPv4.
  std::string network;
  // IPv6 by its /48; empty for IPv4.
  std::string site;
};

absl::StatusOr<ClientAddress> CheckClientAddress(absl::string_view client_address);

absl::Status CheckMethodId(absl::string_view method_id);

// MALFORMED_CODE for a text that is neither an OTP code nor a backup code.
absl::StatusOr<Presented> CheckCode(absl::string_view field, absl::string_view code);
// MALFORMED_CODE for a text that is no OTP code.
absl::StatusOr<OtpCode> CheckOtpCode(absl::string_view field, absl::string_view code);

absl::Status CheckDescription(absl::string_view description);
absl::Status CheckAllowedTypes(const google::protobuf::RepeatedField<int>& allowed_types);
absl::Status CheckUpdate(const v1::UpdateMethodRequest& request);
absl::Status CheckBackupCodeCount(int count);
absl::Status CheckRemember(const v1::Remember& remember);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RULES_FIELDS_H_
