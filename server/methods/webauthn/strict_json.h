#ifndef TWOFOLD_SERVER_METHODS_WEBAUTHN_STRICT_JSON_H_
#define TWOFOLD_SERVER_METHODS_WEBAUTHN_STRICT_JSON_H_

#include <nlohmann/json.hpp>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace twofold {

// JSON (RFC 8259) that has one meaning. An object that has a key twice is refused at every level,
// because two readers could take another one of both. All errors are INVALID_ARGUMENT and quote
// nothing of the input. All functions are thread-safe.

// Parses one object, nested at most 16 levels deep, with nothing after it.
absl::StatusOr<nlohmann::json> ParseJsonObject(absl::string_view text);

// The member of an object. Null if the object has none of that name. It lives as long as `object`.
const nlohmann::json* FindMember(const nlohmann::json& object, const char* name);

// The text of a member, which must be there.
absl::StatusOr<std::string> TextMember(const nlohmann::json& object, const char* name);

// The bytes of a member, which must be there. Its text is base64url without padding (RFC 4648
// section 5), in the only form that the bytes have.
absl::StatusOr<std::string> BytesMember(const nlohmann::json& object, const char* name);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_METHODS_WEBAUTHN_STRICT_JSON_H_
