#include "clients/prompt/screens/key_form.h"

namespace twofold {
namespace {

// prompt.js shows it when it is true.
Html Notice(const Screen& screen, const char* id, TextId text) {
  return Element("p", {{"class", "error"}, {"role", "alert"}, {"id", id}, {"hidden"}}, screen.texts.Of(text));
}

}  // namespace

Html KeyForm(const Screen& screen, absl::string_view action, KeyUse use, absl::string_view options_json,
             const Html& fields) {
  const bool creates = use == KeyUse::kCreate;
  const std::string& text = screen.texts.Of(creates ? TextId::kAddKeyStart : TextId::kKeyStart);
  const Html button = Element("button", {{"type", "button"}, {"id", "key-start"}}, text);
  const Html notices = Notice(screen, "key-failed", TextId::kKeyFailed) +
                       Notice(screen, "key-unsupported", TextId::kKeyUnsupported);
  return notices + ActionForm(screen, action, fields + Hidden("credential", "") + button,
                              {{"id", "key"},
                               {"data-does", creates ? "create" : "get"},
                               {"data-options", std::string(options_json)}});
}

}  // namespace twofold
