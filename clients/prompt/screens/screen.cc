#include "clients/prompt/screens/screen.h"

#include "absl/strings/str_cat.h"

namespace twofold {

std::string ServiceName(const Screen& screen) {
  return screen.view.display_name().empty() ? screen.theme.name : screen.view.display_name();
}

std::string TypeName(const Texts& texts, v1::MethodType type) {
  switch (type) {
    case v1::METHOD_TYPE_TOTP:
      return texts.Of(TextId::kTypeTotp);
    case v1::METHOD_TYPE_HOTP:
      return texts.Of(TextId::kTypeHotp);
    case v1::METHOD_TYPE_BACKUP_CODES:
      return texts.Of(TextId::kTypeBackupCodes);
    case v1::METHOD_TYPE_SECURITY_KEY:
      return texts.Of(TextId::kTypeSecurityKey);
    case v1::METHOD_TYPE_SMS:
      return texts.Of(TextId::kTypeSms);
    case v1::METHOD_TYPE_EMAIL:
      return texts.Of(TextId::kTypeEmail);
    default:
      return "";
  }
}

std::string MethodName(const Texts& texts, const v1::Method& method) {
  if (!method.description().empty()) return method.description();
  if (method.has_sent_code()) {
    return absl::StrCat(TypeName(texts, method.type()), " ", method.sent_code().masked_destination());
  }
  return TypeName(texts, method.type());
}

const v1::Method* FindMethod(const v1::PromptView& view, absl::string_view method_id) {
  for (const v1::Method& method : view.methods()) {
    if (method.method_id() == method_id) return &method;
  }
  return nullptr;
}

Html Heading(absl::string_view text) { return Element("h1", {}, text); }

Html Paragraph(const Html& content) { return Element("p", {}, content); }

Html ErrorBox(const Screen& screen) {
  if (screen.error.empty()) return {};
  return Element("p", {{"class", "error"}, {"role", "alert"}, {"id", "error"}}, screen.error);
}

Html ScreenLink(const Screen& screen, absl::string_view query, absl::string_view text) {
  return Element("a", {{"href", absl::StrCat(screen.base, query)}}, text);
}

std::string ScreenQuery(absl::string_view screen, absl::string_view method_id) {
  return absl::StrCat("?screen=", screen, method_id.empty() ? "" : "&method=", method_id);
}

Html Hidden(HtmlName name, absl::string_view value) {
  return VoidElement("input",
                     {{"type", "hidden"}, {"name", std::string(name.text())}, {"value", std::string(value)}});
}

Html ActionForm(const Screen& screen, absl::string_view action, const Html& content,
                const HtmlAttributes& more) {
  HtmlAttributes attributes = {{"method", "post"}, {"action", absl::StrCat(screen.base, "/", action)}};
  attributes.insert(attributes.end(), more.begin(), more.end());
  return Element("form", attributes,
                 Hidden("form-token", screen.form_token) + Hidden("request-id", screen.request_id) + content);
}

Html SubmitButton(absl::string_view text, absl::string_view css_class) {
  HtmlAttributes attributes = {{"type", "submit"}};
  if (!css_class.empty()) attributes.emplace_back(HtmlName("class"), std::string(css_class));
  return Element("button", attributes, text);
}

Html TextField(HtmlName name, const char* type, absl::string_view label, const HtmlAttributes& more) {
  const std::string id(name.text());
  HtmlAttributes attributes = {{"type", type}, {"name", id}, {"id", id}};
  attributes.insert(attributes.end(), more.begin(), more.end());
  return Element("label", {{"for", id}}, label) + VoidElement("input", attributes);
}

Html CodeField(const Screen& screen, v1::MethodType type) {
  const bool backup = type == v1::METHOD_TYPE_BACKUP_CODES;
  HtmlAttributes attributes = {{"class", "code"},       {"required"},
                               {"autofocus"},           {"autocomplete", backup ? "off" : "one-time-code"},
                               {"spellcheck", "false"}, {"autocapitalize", "none"},
                               {"maxlength", "64"}};
  if (!backup) attributes.emplace_back(HtmlName("inputmode"), "numeric");
  if (!screen.error.empty()) {
    attributes.emplace_back(HtmlName("aria-invalid"), "true");
    attributes.emplace_back(HtmlName("aria-describedby"), "error");
  }
  const TextId label = backup ? TextId::kCodeLabelBackup : TextId::kCodeLabel;
  return TextField("code", "text", screen.texts.Of(label), attributes);
}

Html NameField(const Screen& screen, absl::string_view value) {
  return TextField(
      "name", "text", screen.texts.Of(TextId::kNameLabel),
      {{"value", std::string(value)}, {"maxlength", "64"}, {"autocomplete", "off"}, {"dir", "auto"}});
}

Html LinksBelow(const Html& links) { return Element("div", {{"class", "links"}}, links); }

Html CancelForm(const Screen& screen) {
  const std::string text = screen.texts.Of(TextId::kCommonCancel, {{"service", ServiceName(screen)}});
  return ActionForm(screen, "cancel", SubmitButton(text));
}

}  // namespace twofold
