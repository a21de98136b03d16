#include "clients/prompt/screens/plain.h"

namespace twofold {

Drawn DrawStart(const Texts& texts, absl::string_view action) {
  const std::string& title = texts.Of(TextId::kStartTitle);
  const Html token = VoidElement("input", {{"type", "hidden"}, {"name", "token"}, {"value", ""}});
  const Html form =
      Element("form", {{"method", "post"}, {"action", std::string(action)}, {"id", "start"}}, token);
  const Html no_script =
      Element("noscript", {}, Element("p", {{"class", "error"}}, texts.Of(TextId::kStartNoScript)));
  return {title, Heading(title) + no_script + Paragraph(texts.Of(TextId::kStartText)) + form};
}

Drawn DrawOver(const Texts& texts, absl::string_view return_url) {
  Drawn drawn = DrawNotice(texts, TextId::kOverTitle, TextId::kOverText);
  if (return_url.empty()) return drawn;
  const HtmlAttributes link = {{"class", "button"}, {"href", std::string(return_url)}};
  drawn.content += Paragraph(Element("a", link, texts.Of(TextId::kCommonBack)));
  return drawn;
}

Drawn DrawNotice(const Texts& texts, TextId title, TextId text, absl::string_view again) {
  Html content = Heading(texts.Of(title)) + Paragraph(texts.Of(text));
  if (!again.empty()) {
    const HtmlAttributes link = {{"class", "button"}, {"href", std::string(again)}};
    content += Paragraph(Element("a", link, texts.Of(TextId::kTryAgain)));
  }
  return {texts.Of(title), content};
}

}  // namespace twofold
