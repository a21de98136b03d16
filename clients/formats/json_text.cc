#include "clients/formats/json_text.h"

#include <limits>

#include "clients/formats/imported.h"
#include "clients/formats/text.h"
#include "crypto/secret_bytes.h"

namespace twofold {
namespace {

using nlohmann::json;

// The library's parser has no bound of its own.
bool TooDeep(absl::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      quoted = c != '"';
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kMaxImportDepth) return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

// The depth is bounded.
void WipeStrings(json& value) {  // NOLINT(misc-no-recursion)
  if (value.is_string()) WipeString(value.get_ref<std::string&>());
  if (!value.is_structured()) return;
  for (json& member : value) WipeStrings(member);
}

}  // namespace

JsonText::JsonText(absl::string_view text) : root_(json::value_t::discarded) {
  text = WithoutByteOrderMark(text);
  if (!TooDeep(text)) root_ = json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
}

JsonText::~JsonText() { WipeStrings(root_); }

const json* JsonMember(const json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto at = object.find(name);
  return at == object.end() ? nullptr : &*at;
}

absl::string_view JsonString(const json& object, const char* name) {
  const json* member = JsonMember(object, name);
  if (member == nullptr || !member->is_string()) return {};
  return member->get_ref<const std::string&>();
}

std::optional<int64_t> JsonInteger(const json& object, const char* name) {
  const json* member = JsonMember(object, name);
  if (member == nullptr) return std::nullopt;
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  if (member->is_string()) return ReadNumber(member->get_ref<const std::string&>(), kMax);
  if (member->is_number_unsigned()) {
    const auto number = member->get<uint64_t>();
    if (number > static_cast<uint64_t>(kMax)) return std::nullopt;
    return static_cast<int64_t>(number);
  }
  if (!member->is_number_integer()) return std::nullopt;
  return member->get<int64_t>();
}

}  // namespace twofold
