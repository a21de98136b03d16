#ifndef TWOFOLD_CLIENTS_FORMATS_PSKC_XML_H_
#define TWOFOLD_CLIENTS_FORMATS_PSKC_XML_H_

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <pugixml.hpp>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

// Elements of XML by their names without the namespace's prefix. The drafts of RFC 6030 changed
// namespaces and names, so each function takes all names that a thing ever had.

namespace twofold {

using XmlNames = std::initializer_list<absl::string_view>;

// Parses `text` into `document`. INVALID_ARGUMENT for what is not well-formed, for a document type
// declaration and for elements that are nested deeper than kMaxImportDepth.
absl::Status ParseXml(absl::string_view text, pugi::xml_document& document);

absl::string_view XmlName(const pugi::xml_node& node);

// The first child element of one of these names. Returns an empty node if there is none.
pugi::xml_node XmlChild(const pugi::xml_node& node, XmlNames names);

// The text of that child, without white space around it.
std::string XmlChildText(const pugi::xml_node& node, XmlNames names);

// The value of the first attribute of one of these names.
absl::string_view XmlAttribute(const pugi::xml_node& node, XmlNames names);

// The text of an element itself, without white space around it. The view is valid as long as the
// document.
absl::string_view XmlText(const pugi::xml_node& node);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_FORMATS_PSKC_XML_H_
