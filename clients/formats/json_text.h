#ifndef TWOFOLD_CLIENTS_FORMATS_JSON_TEXT_H_
#define TWOFOLD_CLIENTS_FORMATS_JSON_TEXT_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace twofold {

// A parsed JSON text. All its strings are wiped at the end.
class JsonText {
 public:
  // `root` is discarded if the text is not JSON or is nested deeper than kMaxImportDepth.
  explicit JsonText(absl::string_view text);
  ~JsonText();
  JsonText(const JsonText&) = delete;
  JsonText& operator=(const JsonText&) = delete;

  bool ok() const { return !root_.is_discarded(); }
  const nlohmann::json& root() const { return root_; }

 private:
  nlohmann::json root_;
};

// A member of an object. Returns null if `object` is none or has no such member. The pointer is
// valid as long as the object.
const nlohmann::json* JsonMember(const nlohmann::json& object, const char* name);

// The text of a member. Returns an empty text if it is absent or no text.
absl::string_view JsonString(const nlohmann::json& object, const char* name);

// The number of a member, if it is an integer, also one in quotes.
std::optional<int64_t> JsonInteger(const nlohmann::json& object, const char* name);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_FORMATS_JSON_TEXT_H_
