#ifndef TWOFOLD_CLIENTS_PROMPT_SCREENS_SCREEN_H_
#define TWOFOLD_CLIENTS_PROMPT_SCREENS_SCREEN_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "clients/prompt/html.h"
#include "clients/prompt/texts/texts.h"
#include "clients/prompt/theme.h"
#include "twofold/v1/prompt_page_service.pb.h"

// The screens of an open prompt, as pure functions from what the server says to HTML.

namespace twofold {

// What every screen needs.
struct Screen {
  const Texts& texts;
  const Theme& theme;
  absl::Time now;
  // The address of the prompt, such as "/p/abc", with the prefix of the page.
  std::string base;
  std::string form_token;
  // A new one for each screen, so that a form that is sent twice does its work once.
  std::string request_id;
  v1::PromptView view;
  // Why the last form was refused. Empty if it was not.
  std::string error = {};
  // The user has asked in the last form to be remembered.
  bool remember = false;
};

// The contents of a page.
struct Drawn {
  std::string title;
  Html content;
};

// The name of the service that asks.
std::string ServiceName(const Screen& screen);
// A method's name for its user.
std::string MethodName(const Texts& texts, const v1::Method& method);
std::string TypeName(const Texts& texts, v1::MethodType type);
// Returns null if there is no such method.
const v1::Method* FindMethod(const v1::PromptView& view, absl::string_view method_id);

Html Heading(absl::string_view text);
Html Paragraph(const Html& content);
// The error of the screen, which a screen reader speaks at once. Empty if there is none.
Html ErrorBox(const Screen& screen);
// A link to another screen of the prompt. `query` is such as "?screen=others".
Html ScreenLink(const Screen& screen, absl::string_view query, absl::string_view text);
std::string ScreenQuery(absl::string_view screen, absl::string_view method_id);

Html Hidden(HtmlName name, absl::string_view value);
// A form that does `action`, with the fields that every form has. `more` are attributes of the form.
Html ActionForm(const Screen& screen, absl::string_view action, const Html& content,
                const HtmlAttributes& more = {});
Html SubmitButton(absl::string_view text, absl::string_view css_class = "");
Html TextField(HtmlName name, const char* type, absl::string_view label, const HtmlAttributes& more);
Html CodeField(const Screen& screen, v1::MethodType type);
Html NameField(const Screen& screen, absl::string_view value);
// The part below a screen with ways out of it.
Html LinksBelow(const Html& links);
// Leaves the prompt without having passed.
Html CancelForm(const Screen& screen);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_PROMPT_SCREENS_SCREEN_H_
