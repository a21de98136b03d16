#include "server/engine/request_shape.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "asio/ip/address.hpp"
#include "server/engine/errors.h"
#include "server/methods/backup_codes.h"

namespace twofold {
namespace {

struct Free {
  // utf8proc allocates with malloc.
  void operator()(utf8proc_uint8_t* text) const { std::free(text); }  // NOLINT(cppcoreguidelines-no-malloc)
};

const utf8proc_uint8_t* Bytes(absl::string_view text) {
  return reinterpret_cast<const utf8proc_uint8_t*>(text.data());
}

bool IsNfc(absl::string_view text) {
  utf8proc_uint8_t* normalized = nullptr;
  const utf8proc_ssize_t size =
      utf8proc_map(Bytes(text), static_cast<utf8proc_ssize_t>(text.size()), &normalized,
                   static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  const std::unique_ptr<utf8proc_uint8_t, Free> owned(normalized);
  return size == static_cast<utf8proc_ssize_t>(text.size()) &&
         std::equal(text.begin(), text.end(), owned.get(),
                    [](char a, utf8proc_uint8_t b) { return static_cast<uint8_t>(a) == b; });
}

bool IsWhiteSpace(utf8proc_category_t category) {
  return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL ||
         category == UTF8PROC_CATEGORY_ZP;
}

// Unicode calls these code points ignorable by default: zero-width spaces, marks that turn the direction of
// writing, fillers. A name that has one looks like the name without it (RFC 8264 section 9.13).
bool IsInvisible(utf8proc_int32_t symbol) { return utf8proc_get_property(symbol)->ignorable != 0; }

// Some scripts and most emoji need these invisible code points: the joiners and the variation selectors.
bool ShapesItsNeighbour(utf8proc_int32_t symbol) {
  return symbol == 0x200C || symbol == 0x200D || (symbol >= 0xFE00 && symbol <= 0xFE0F);
}

enum class TextUse { kName, kDisplay };

// What is wrong with a text as such; empty when nothing is. Fills in whether it begins or ends with white
// space.
absl::string_view TextFault(TextUse use, absl::string_view text, bool& outer_space) {
  bool first = true;
  bool last_was_space = false;
  outer_space = false;
  for (size_t at = 0; at < text.size();) {
    utf8proc_int32_t symbol = 0;
    const utf8proc_ssize_t size =
        utf8proc_iterate(Bytes(text) + at, static_cast<utf8proc_ssize_t>(text.size() - at), &symbol);
    if (size <= 0) return "is not valid UTF-8";
    const utf8proc_category_t category = utf8proc_category(symbol);
    if (category == UTF8PROC_CATEGORY_CC) return "contains a control character";
    if (IsInvisible(symbol) && (use == TextUse::kName || !ShapesItsNeighbour(symbol))) {
      return "contains an invisible character";
    }
    last_was_space = IsWhiteSpace(category);
    outer_space = outer_space || (first && last_was_space);
    first = false;
    at += static_cast<size_t>(size);
  }
  outer_space = outer_space || last_was_space;
  return "";
}

// Of such a text each symbol is one byte, and it is its own normal form.
bool IsPrintableAscii(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return absl::ascii_isprint(c); });
}

absl::Status CheckName(absl::string_view field, absl::string_view name) {
  if (name.size() > kMaxNameSize)
    return InvalidRequestError(field, absl::StrCat("is longer than ", kMaxNameSize, " bytes"));
  if (name.empty()) return absl::OkStatus();
  if (IsPrintableAscii(name) && name.front() != ' ' && name.back() != ' ') return absl::OkStatus();
  bool outer_space = false;
  const absl::string_view fault = TextFault(TextUse::kName, name, outer_space);
  if (!fault.empty()) return InvalidRequestError(field, fault);
  if (outer_space) return InvalidRequestError(field, "begins or ends with white space");
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

absl::StatusOr<TypedCode> CheckCode(absl::string_view field, absl::string_view code) {
  std::optional<TypedCode> typed = ParseTypedCode(code);
  if (!typed.has_value()) return MalformedCodeError(field, kCodeShape);
  return *std::move(typed);
}

absl::StatusOr<TypedCode> CheckDeviceCode(absl::string_view field, absl::string_view code) {
  std::optional<TypedCode> typed = ParseTypedCode(code);
  if (!typed.has_value() || typed->kind != TypedCode::Kind::kDevice) {
    return MalformedCodeError(field, "must be 6, 7 or 8 digits");
  }
  return *std::move(typed);
}

absl::StatusOr<std::optional<TypedCode>> CheckProof(absl::string_view proof_code) {
  if (proof_code.empty()) return std::optional<TypedCode>();
  std::optional<TypedCode> typed = ParseTypedCode(proof_code);
  if (!typed.has_value()) return MalformedCodeError("proof_code", kCodeShape);
  return typed;
}

absl::Status CheckDisplayText(absl::string_view field, absl::string_view text, size_t max_size) {
  if (text.size() > max_size)
    return InvalidRequestError(field, absl::StrCat("is longer than ", max_size, " bytes"));
  bool outer_space = false;
  const absl::string_view fault = TextFault(TextUse::kDisplay, text, outer_space);
  return fault.empty() ? absl::OkStatus() : InvalidRequestError(field, fault);
}

absl::Status CheckAllowedTypes(const v1::VerifyRequest& request) {
  for (const int type : request.allowed_types()) {
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
  return CheckDisplayText("description", request.description(), kMaxDescriptionSize);
}

absl::Status CheckBackupCodeCount(int count) {
  if (count == 0 || (count >= kMinBackupCodes && count <= kMaxBackupCodes)) return absl::OkStatus();
  return InvalidRequestError("count", absl::StrCat("must be ", kMinBackupCodes, " to ", kMaxBackupCodes));
}

absl::Status CheckQrFormat(v1::QrFormat format) {
  return v1::QrFormat_IsValid(format) ? absl::OkStatus() : InvalidRequestError("qr_format", "is unknown");
}

}  // namespace twofold
