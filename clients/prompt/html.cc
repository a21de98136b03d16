#include "clients/prompt/html.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace twofold {
namespace {

// Good for text and for values of attributes, which always stand in double quotes.
std::string Escape(absl::string_view text) {
  return absl::StrReplaceAll(
      text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"}});
}

std::string Tag(HtmlName name, const HtmlAttributes& attributes) {
  std::string tag = absl::StrCat("<", name.text());
  for (const HtmlAttribute& attribute : attributes) {
    absl::StrAppend(&tag, " ", attribute.name.text());
    if (attribute.has_value) absl::StrAppend(&tag, "=\"", Escape(attribute.value), "\"");
  }
  return tag + ">";
}

}  // namespace

Html::Html(absl::string_view text) : markup_(Escape(text)) {}

Html Element(HtmlName name, const HtmlAttributes& attributes, const Html& content) {
  Html html;
  html.markup_ = absl::StrCat(Tag(name, attributes), content.markup(), "</", name.text(), ">");
  return html;
}

Html VoidElement(HtmlName name, const HtmlAttributes& attributes) {
  Html html;
  html.markup_ = Tag(name, attributes);
  return html;
}

Html Document(absl::string_view language, const Html& head, const Html& body) {
  Html html;
  html.markup_ = absl::StrCat("<!doctype html>\n<html lang=\"", Escape(language), "\">\n<head>",
                              head.markup(), "</head>\n<body>", body.markup(), "</body>\n</html>\n");
  return html;
}

}  // namespace twofold
