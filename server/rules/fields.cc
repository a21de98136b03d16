#include "server/rules/fields.h"

#include <algorithm>
#include <array>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "asio/ip/address.hpp"
#include "common/unicode.h"
#include "server/errors.h"
#include "server/methods/backup_codes/code_format.h"
#include "server/methods/display_text.h"

namespace twofold {
namespace {

// Each symbol of such a text is one byte, and it is its own normal form.
bool IsPrintableAscii(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return absl::ascii_isprint(c); });
}

absl::Status CheckName(absl::string_view field, absl::string_view name) {
  if (name.size() > kMaxNameSize)
    return InvalidRequestError(field, absl::StrCat("is longer than ", kMaxNameSize, " bytes"));
  if (name.empty()) return absl::OkStatus();
  if (IsPrintableAscii(name) && name.front() != ' ' && name.back() != ' ') return absl::OkStatus();
  const absl::string_view fault = NameFault(name);
  if (!fault.empty()) return InvalidRequestError(field, fault);
  if (HasOuterSpace(name)) return InvalidRequestError(field, "begins or ends with white space");
  if (!IsNfc(name)) return InvalidRequestError(field, "is not in Unicode normalization form C");
  return absl::OkStatus();
}

// "2001:db8::/64", of whole bytes.
std::string PrefixOf(const asio::ip::address_v6& address, int bits) {
  asio::ip::address_v6::bytes_type bytes = address.to_bytes();
  std::fill(bytes.begin() + bits / 8, bytes.end(), static_cast<unsigned char>(0));
  return absl::StrCat(asio::ip::address_v6(bytes).to_string(), "/", bits);
}

constexpr absl::string_view kCodeShape =
    "must be 6, 7 or 8 digits, or a backup code with all of its dashes or none";

}  // namespace

absl::StatusOr<Subject> CheckSubject(absl::string_view tenant, absl::string_view user_id) {
  if (user_id.empty()) return InvalidRequestError("user_id", "is required");
  absl::Status status = CheckName("user_id", user_id);
  if (!status.ok()) return status;
  status = CheckName("tenant", tenant);
  if (!status.ok()) return status;
  return Subject(std::string(tenant), std::string(user_id));
}

absl::Status CheckRequestId(absl::string_view request_id) {
  if (request_id.empty()) return absl::OkStatus();
  constexpr size_t kUuidSize = 36;
  constexpr std::array<size_t, 4> kDashes = {8, 13, 18, 23};
  bool is_uuid = request_id.size() == kUuidSize;
  bool is_nil = true;
  for (size_t i = 0; is_uuid && i < kUuidSize; ++i) {
    const bool dash_due = std::find(kDashes.begin(), kDashes.end(), i) != kDashes.end();
    is_uuid =
        dash_due ? request_id[i] == '-' : absl::ascii_isxdigit(static_cast<unsigned char>(request_id[i]));
    is_nil = is_nil && (dash_due || request_id[i] == '0');
  }
  if (is_uuid && !is_nil) return absl::OkStatus();
  return InvalidRequestError("request_id",
                             "must be a random UUID, like 9f8e7d6c-5b4a-4312-8765-43210fedcba9");
}

absl::StatusOr<ClientAddress> CheckClientAddress(absl::string_view client_address) {
  ClientAddress counted;
  if (client_address.empty()) return counted;
  asio::error_code error;
  // A scope ("%eth0") means nothing to anybody else, and make_address would stop reading at a NUL.
  const bool plain = client_address.find_first_of(absl::string_view("%\0", 2)) == absl::string_view::npos;
  const asio::ip::address address =
      plain ? asio::ip::make_address(std::string(client_address), error) : asio::ip::address();
  if (error || !plain) {
    return InvalidRequestError("client_address", "must be an IPv4 or IPv6 address");
  }
  if (address.is_v4() || address.to_v6().is_v4_mapped()) {
    const asio::ip::address_v4 v4 =
        address.is_v4() ? address.to_v4() : asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
    counted.network = v4.to_string();
    return counted;
  }
  counted.network = PrefixOf(address.to_v6(), 64);
  counted.site = PrefixOf(address.to_v6(), 48);
  return counted;
}

absl::Status CheckMethodId(absl::string_view method_id) {
  if (method_id.empty()) return InvalidRequestError("method_id", "is required");
  const bool plain = std::all_of(method_id.begin(), method_id.end(), [](unsigned char c) {
    return absl::ascii_islower(c) || absl::ascii_isdigit(c);
  });
  if (method_id.size() <= kMaxMethodIdSize && plain) return absl::OkStatus();
  return InvalidRequestError("method_id", "must be an id that this service gave out");
}

absl::StatusOr<Presented> CheckCode(absl::string_view field, absl::string_view code) {
  std::optional<Presented> presented = ParseCode(code);
  if (!presented.has_value()) return MalformedCodeError(field, kCodeShape);
  return *std::move(presented);
}

absl::StatusOr<OtpCode> CheckOtpCode(absl::string_view field, absl::string_view code) {
  std::optional<OtpCode> otp = ParseOtpCode(code);
  if (!otp.has_value()) return MalformedCodeError(field, "must be 6, 7 or 8 digits");
  return *std::move(otp);
}

absl::Status CheckDescription(absl::string_view description) {
  return CheckDisplayText("description", description, kMaxDescriptionSize);
}

absl::Status CheckAllowedTypes(const google::protobuf::RepeatedField<int>& allowed_types) {
  for (const int type : allowed_types) {
    if (type == v1::METHOD_TYPE_UNSPECIFIED || !v1::MethodType_IsValid(type)) {
      return InvalidRequestError("allowed_types", "contains an unknown method type");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckUpdate(const v1::UpdateMethodRequest& request) {
  if (request.method_id() == kBackupMethodId) {
    return InvalidRequestError("method_id",
                               "backup codes have no description, preference or state of their own");
  }
  if (request.update_mask().paths().empty()) return InvalidRequestError("update_mask", "names no field");
  for (const std::string& path : request.update_mask().paths()) {
    if (path != "description" && path != "preferred" && path != "enabled") {
      return InvalidRequestError("update_mask", "may name description, preferred and enabled");
    }
  }
  return CheckDescription(request.description());
}

absl::Status CheckRemember(const v1::Remember& remember) {
  const int age = remember.max_age_seconds();
  if (age < kMinGrantSeconds || age > kMaxGrantSeconds) {
    return InvalidRequestError("remember.max_age_seconds",
                               absl::StrCat("must be ", kMinGrantSeconds, " to ", kMaxGrantSeconds));
  }
  return CheckDisplayText("remember.description", remember.description(), kMaxDescriptionSize);
}

absl::Status CheckBackupCodeCount(int count) {
  if (count == 0 || (count >= kMinBackupCodes && count <= kMaxBackupCodes)) return absl::OkStatus();
  return InvalidRequestError("count", absl::StrCat("must be ", kMinBackupCodes, " to ", kMaxBackupCodes));
}

}  // namespace twofold
