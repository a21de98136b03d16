#include "server/delivery/message_form.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/unicode.h"
#include "nlohmann/json.hpp"
#include "server/delivery/destination.h"

namespace twofold {
namespace {

constexpr size_t kMaxId = 64;
constexpr size_t kMinCode = 4;
constexpr size_t kMaxCode = 10;
constexpr size_t kMaxIssuer = 256;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsIdCharacter(char c) { return IsDigit(c) || absl::ascii_islower(static_cast<unsigned char>(c)); }

}  // namespace

absl::Status CheckMessage(const Message& message) {
  const std::string& id = message.id;
  const std::string& code = message.code;
  if (id.empty() || id.size() > kMaxId || !std::all_of(id.begin(), id.end(), IsIdCharacter)) {
    return absl::InvalidArgumentError("the message has a malformed id");
  }
  if (code.size() < kMinCode || code.size() > kMaxCode || !std::all_of(code.begin(), code.end(), IsDigit)) {
    return absl::InvalidArgumentError("the message has a malformed code");
  }
  if (!CheckDestination(message.type, message.destination).ok()) {
    return absl::InvalidArgumentError("the message has a malformed destination");
  }
  if (message.issuer.size() > kMaxIssuer || !TextFault(message.issuer).empty()) {
    return absl::InvalidArgumentError("the message has a malformed issuer");
  }
  return absl::OkStatus();
}

std::string Rfc3339(UnixMillis time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixMillis(time), absl::UTCTimeZone());
}

std::string MessageJson(const Message& message, UnixMillis now) {
  const absl::string_view method = message.type == v1::METHOD_TYPE_SMS ? "sms" : "email";
  // CheckMessage leaves no character that JSON would escape but in the issuer. A JSON library would
  // keep copies of the code.
  return absl::StrCat("{\"type\":\"twofold.code\",\"timestamp\":\"", Rfc3339(now), "\",\"data\":{\"id\":\"",
                      message.id, "\",\"method\":\"", method, "\",\"destination\":\"", message.destination,
                      "\",\"code\":\"", message.code, "\",\"expire_time\":\"", Rfc3339(message.expire_time),
                      "\",\"purpose\":\"", MessagePurposeName(message.purpose),
                      "\",\"issuer\":", nlohmann::json(message.issuer).dump(), "}}");
}

}  // namespace twofold
