#ifndef TWOFOLD_SERVER_ENGINE_REQUEST_SHAPE_H_
#define TWOFOLD_SERVER_ENGINE_REQUEST_SHAPE_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/methods/subject.h"
#include "server/methods/typed_code.h"
#include "twofold/v1/two_factor_service.pb.h"

// The shape of requests, decided on their text alone before anything is looked up or computed. Every error
// names the field. It is MALFORMED_CODE for a text that is no code, else INVALID_REQUEST.

namespace twofold {

// Of user id and tenant: an OpenID Connect subject is as long (Core 1.0 §2).
inline constexpr size_t kMaxNameSize = 255;
inline constexpr size_t kMaxDescriptionSize = 100;
inline constexpr size_t kMaxIssuerSize = 64;
inline constexpr size_t kMaxMethodIdSize = 64;

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

absl::StatusOr<TypedCode> CheckCode(absl::string_view field, absl::string_view code);
absl::StatusOr<TypedCode> CheckDeviceCode(absl::string_view field, absl::string_view code);
// nullopt when empty.
absl::StatusOr<std::optional<TypedCode>> CheckProof(absl::string_view proof_code);

// Text that apps or lists show: valid UTF-8 without control characters. Of the code points that Unicode calls
// ignorable by default it may hold joiners and variation selectors, which some scripts and emoji need.
absl::Status CheckDisplayText(absl::string_view field, absl::string_view text, size_t max_size);

absl::Status CheckAllowedTypes(const v1::VerifyRequest& request);
absl::Status CheckUpdate(const v1::UpdateMethodRequest& request);
absl::Status CheckBackupCodeCount(int count);
absl::Status CheckQrFormat(v1::QrFormat format);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_ENGINE_REQUEST_SHAPE_H_
