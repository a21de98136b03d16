#include "server/methods/webauthn/strict_json.h"

#include <set>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"

namespace twofold {
namespace {

using nlohmann::json;

constexpr int kMaxDepth = 16;

absl::Status Invalid(absl::string_view why) { return absl::InvalidArgumentError(why); }

// Watches the parser, which takes the last one of equal keys and has no bound of its own.
class Watch {
 public:
  bool broken() const { return broken_; }

  void On(int depth, json::parse_event_t event, const json& parsed) {
    const bool object = event == json::parse_event_t::object_start;
    if ((object || event == json::parse_event_t::array_start) && depth >= kMaxDepth) broken_ = true;
    if (object) keys_.emplace_back();
    if (event == json::parse_event_t::object_end) keys_.pop_back();
    if (event == json::parse_event_t::key &&
        !keys_.back().insert(parsed.get_ref<const std::string&>()).second)
      broken_ = true;
  }

 private:
  // Of each open object.
  std::vector<std::set<std::string>> keys_;
  bool broken_ = false;
};

}  // namespace

absl::StatusOr<json> ParseJsonObject(absl::string_view text) {
  // The parser takes a zero byte for the end of the text.
  if (text.find('\0') != absl::string_view::npos) return Invalid("the text is not JSON");
  Watch watch;
  json root = json::parse(
      text.begin(), text.end(),
      [&watch](int depth, json::parse_event_t event, json& parsed) {
        watch.On(depth, event, parsed);
        // What is not kept needs no memory.
        return !watch.broken();
      },
      /*allow_exceptions=*/false);
  if (watch.broken()) return Invalid("the JSON has a key twice or is nested too deep");
  if (!root.is_object()) return Invalid("the text is not a JSON object");
  return root;
}

const json* FindMember(const json& object, const char* name) {
  const auto at = object.find(name);
  return at == object.end() ? nullptr : &*at;
}

absl::StatusOr<std::string> TextMember(const json& object, const char* name) {
  const json* const member = FindMember(object, name);
  if (member == nullptr || !member->is_string()) return Invalid(absl::StrCat("the JSON has no text ", name));
  return member->get_ref<const std::string&>();
}

absl::StatusOr<std::string> BytesMember(const json& object, const char* name) {
  TWOFOLD_ASSIGN_OR_RETURN(const std::string text, TextMember(object, name));
  std::string bytes;
  // The library also takes padding, white space and bits that belong to no byte.
  if (!absl::WebSafeBase64Unescape(text, &bytes) || absl::WebSafeBase64Escape(bytes) != text)
    return Invalid(absl::StrCat(name, " is not base64url without padding"));
  return bytes;
}

}  // namespace twofold
