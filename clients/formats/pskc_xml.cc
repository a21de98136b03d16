#include "clients/formats/pskc_xml.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "clients/formats/imported.h"

namespace twofold {
namespace {

// Ends the walk at what is not allowed.
class Walker final : public pugi::xml_tree_walker {
 public:
  bool for_each(pugi::xml_node& node) override {
    if (node.type() == pugi::node_doctype)
      fault = "the file has a document type declaration, which is not read";
    if (depth() > kMaxImportDepth) fault = "the elements of the file are nested too deep";
    return fault.empty();
  }

  absl::string_view fault;
};

bool IsOne(absl::string_view name, XmlNames names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

absl::Status ParseXml(absl::string_view text, pugi::xml_document& document) {
  const unsigned int options = pugi::parse_default | pugi::parse_doctype;
  const pugi::xml_parse_result result = document.load_buffer(text.data(), text.size(), options);
  if (!result)
    return absl::InvalidArgumentError(
        absl::StrCat("the file is not well-formed XML: ", result.description()));
  Walker walker;
  document.traverse(walker);
  if (!walker.fault.empty()) return absl::InvalidArgumentError(walker.fault);
  return absl::OkStatus();
}

absl::string_view XmlName(const pugi::xml_node& node) {
  const absl::string_view name = node.name();
  const size_t colon = name.find(':');
  return colon == absl::string_view::npos ? name : name.substr(colon + 1);
}

pugi::xml_node XmlChild(const pugi::xml_node& node, XmlNames names) {
  for (const pugi::xml_node& child : node.children()) {
    if (child.type() == pugi::node_element && IsOne(XmlName(child), names)) return child;
  }
  return {};
}

absl::string_view XmlText(const pugi::xml_node& node) {
  return absl::StripAsciiWhitespace(node.child_value());
}

std::string XmlChildText(const pugi::xml_node& node, XmlNames names) {
  return std::string(XmlText(XmlChild(node, names)));
}

absl::string_view XmlAttribute(const pugi::xml_node& node, XmlNames names) {
  for (const pugi::xml_attribute& attribute : node.attributes()) {
    if (IsOne(attribute.name(), names)) return attribute.value();
  }
  return {};
}

}  // namespace twofold
