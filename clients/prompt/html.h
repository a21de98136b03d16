#ifndef TWOFOLD_CLIENTS_PROMPT_HTML_H_
#define TWOFOLD_CLIENTS_PROMPT_HTML_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

// HTML as a type, so that text cannot become markup. Text goes in escaped, and the names of elements and
// attributes are literals of the program.

namespace twofold {

// The name of an element or an attribute, which only a literal can be.
class HtmlName {
 public:
  template <size_t size>
  consteval HtmlName(const char (&name)[size])  // NOLINT(google-explicit-constructor)
      : name_(name, size - 1) {
    for (const char c : name_) {
      const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
      if (!plain) throw "not the name of an element or an attribute";
    }
  }
  constexpr absl::string_view text() const { return name_; }

 private:
  absl::string_view name_;
};

// An attribute. Without a value, it is there or not.
struct HtmlAttribute {
  HtmlAttribute(HtmlName attribute, std::string text)  // NOLINT(google-explicit-constructor)
      : name(attribute), value(std::move(text)), has_value(true) {}
  HtmlAttribute(HtmlName attribute)  // NOLINT(google-explicit-constructor)
      : name(attribute), has_value(false) {}

  HtmlName name;
  std::string value;
  bool has_value;
};
using HtmlAttributes = std::vector<HtmlAttribute>;

// Well-formed HTML that holds no text from outside unescaped. A plain value.
class Html {
 public:
  Html() = default;
  // Text, which is escaped.
  Html(absl::string_view text);                                     // NOLINT(google-explicit-constructor)
  Html(const std::string& text) : Html(absl::string_view(text)) {}  // NOLINT(google-explicit-constructor)
  Html(const char* text) : Html(absl::string_view(text)) {}         // NOLINT(google-explicit-constructor)

  Html& operator+=(const Html& more) {
    markup_ += more.markup_;
    return *this;
  }
  friend Html operator+(Html first, const Html& second) { return std::move(first += second); }

  bool empty() const { return markup_.empty(); }
  const std::string& markup() const { return markup_; }

 private:
  friend Html Element(HtmlName name, const HtmlAttributes& attributes, const Html& content);
  friend Html VoidElement(HtmlName name, const HtmlAttributes& attributes);
  friend Html Document(absl::string_view language, const Html& head, const Html& body);

  std::string markup_;
};

Html Element(HtmlName name, const HtmlAttributes& attributes, const Html& content);
// An element without an end, such as input.
Html VoidElement(HtmlName name, const HtmlAttributes& attributes);
// A whole document.
Html Document(absl::string_view language, const Html& head, const Html& body);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_PROMPT_HTML_H_
