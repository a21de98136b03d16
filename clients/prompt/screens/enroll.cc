#include "clients/prompt/screens/enroll.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "clients/prompt/screens/key_form.h"

namespace twofold {
namespace {

struct EnrollType {
  v1::MethodType type;
  const char* word;
  TextId text;
};

constexpr EnrollType kTypes[] = {
    {v1::METHOD_TYPE_TOTP, "totp", TextId::kEnrollTotp},
    {v1::METHOD_TYPE_SECURITY_KEY, "key", TextId::kEnrollSecurityKey},
    {v1::METHOD_TYPE_SMS, "sms", TextId::kEnrollSms},
    {v1::METHOD_TYPE_EMAIL, "email", TextId::kEnrollEmail},
};

bool IsManage(const Screen& screen) { return screen.view.purpose() == v1::PROMPT_PURPOSE_MANAGE; }

Html Bottom(const Screen& screen) {
  Html links;
  links += ScreenLink(screen, IsManage(screen) ? "" : "?screen=add", screen.texts.Of(TextId::kCommonBack));
  if (!IsManage(screen)) links += CancelForm(screen);
  return LinksBelow(links);
}

// The secret in groups of four, as people type it.
std::string Grouped(absl::string_view secret) {
  std::string out;
  for (size_t i = 0; i < secret.size(); i += 4) absl::StrAppend(&out, i == 0 ? "" : " ", secret.substr(i, 4));
  return out;
}

Html PictureOf(const Screen& screen, const v1::EnrollResponse& enrolled) {
  const std::string source =
      absl::StrCat("data:image/svg+xml;base64,", absl::Base64Escape(enrolled.qr_svg()));
  return VoidElement("img", {{"class", "qr"},
                             {"src", source},
                             {"width", "240"},
                             {"height", "240"},
                             {"alt", screen.texts.Of(TextId::kScanPicture)}});
}

Html OtherThanScanning(const Screen& screen, const v1::EnrollResponse& enrolled) {
  const Texts& texts = screen.texts;
  const Html key = Element("p", {{"class", "secret"}}, Grouped(enrolled.secret_base32()));
  const Html link = Element("a", {{"href", enrolled.otpauth_uri()}}, texts.Of(TextId::kScanOpen));
  return Element("details", {},
                 Element("summary", {}, texts.Of(TextId::kScanCannot)) +
                     Paragraph(texts.Of(TextId::kScanKey)) + key + Paragraph(link));
}

Drawn DrawScan(const Screen& screen, const v1::EnrollResponse& enrolled, const Html& fields,
               absl::string_view name) {
  const Texts& texts = screen.texts;
  const std::string& title = texts.Of(TextId::kScanTitle);
  Html content = Heading(title) + ErrorBox(screen) + Paragraph(texts.Of(TextId::kScanText)) +
                 PictureOf(screen, enrolled) + OtherThanScanning(screen, enrolled) +
                 Paragraph(texts.Of(TextId::kScanCode));
  content += ActionForm(screen, "confirm",
                        fields + CodeField(screen, v1::METHOD_TYPE_TOTP) + NameField(screen, name) +
                            SubmitButton(texts.Of(TextId::kScanSubmit)));
  return {title, content + Bottom(screen)};
}

Drawn DrawAddKey(const Screen& screen, const v1::EnrollResponse& enrolled, const Html& fields,
                 absl::string_view name) {
  const Texts& texts = screen.texts;
  const std::string& title = texts.Of(TextId::kAddKeyTitle);
  const Html form = KeyForm(screen, "confirm", KeyUse::kCreate, enrolled.webauthn_creation_options_json(),
                            fields + NameField(screen, name));
  return {title, Heading(title) + ErrorBox(screen) + Paragraph(texts.Of(TextId::kAddKeyText)) + form +
                     Bottom(screen)};
}

}  // namespace

std::string WordOf(v1::MethodType type) {
  for (const EnrollType& one : kTypes) {
    if (one.type == type) return one.word;
  }
  return "";
}

v1::MethodType TypeOfWord(absl::string_view word) {
  for (const EnrollType& one : kTypes) {
    if (one.word == word) return one.type;
  }
  return v1::METHOD_TYPE_UNSPECIFIED;
}

Drawn DrawChooseType(const Screen& screen) {
  const Texts& texts = screen.texts;
  const std::string service = ServiceName(screen);
  const std::string& title = texts.Of(IsManage(screen) ? TextId::kManageAdd : TextId::kEnrollTitle);
  Html content = Heading(title) + ErrorBox(screen);
  if (!IsManage(screen)) content += Paragraph(texts.Of(TextId::kEnrollText, {{"service", service}}));
  Html cards;
  for (const EnrollType& one : kTypes) {
    const auto& types = screen.view.enrollable_types();
    if (std::find(types.begin(), types.end(), one.type) == types.end()) continue;
    const Html card =
        Element("strong", {}, TypeName(texts, one.type)) + Element("span", {}, texts.Of(one.text));
    const bool asks_first = one.type == v1::METHOD_TYPE_SMS || one.type == v1::METHOD_TYPE_EMAIL;
    const std::string link = absl::StrCat(screen.base, "?screen=add&type=", one.word);
    const Html item = asks_first
                          ? Element("a", {{"class", "card"}, {"href", link}}, card)
                          : ActionForm(screen, "enroll",
                                       Hidden("type", one.word) +
                                           Element("button", {{"type", "submit"}, {"class", "card"}}, card));
    cards += Element("li", {}, item);
  }
  content += cards.empty()
                 ? Paragraph(texts.Of(TextId::kEnrollNothing))
                 : Paragraph(texts.Of(TextId::kEnrollChoose)) + Element("ul", {{"class", "cards"}}, cards);
  const Html back = ScreenLink(screen, "", texts.Of(TextId::kCommonBack));
  return {title, content + LinksBelow(IsManage(screen) ? back : CancelForm(screen))};
}

Drawn DrawDestination(const Screen& screen, v1::MethodType type, absl::string_view typed) {
  const Texts& texts = screen.texts;
  const bool sms = type == v1::METHOD_TYPE_SMS;
  const std::string& title = texts.Of(sms ? TextId::kPhoneTitle : TextId::kEmailTitle);
  const HtmlAttributes more = {{"value", std::string(typed)},           {"required"},         {"autofocus"},
                               {"autocomplete", sms ? "tel" : "email"}, {"maxlength", "254"}, {"dir", "ltr"}};
  const std::string& label = texts.Of(sms ? TextId::kPhoneLabel : TextId::kEmailLabel);
  const Html field = TextField("destination", sms ? "tel" : "email", label, more);
  return {title,
          Heading(title) + ErrorBox(screen) + Paragraph(texts.Of(TextId::kRestrictedNote)) +
              ActionForm(screen, "enroll",
                         Hidden("type", WordOf(type)) + field + SubmitButton(texts.Of(TextId::kSendSubmit))) +
              Bottom(screen)};
}

Drawn DrawConfirm(const Screen& screen, const v1::EnrollResponse& enrolled,
                  absl::string_view enroll_request_id, absl::string_view name) {
  const v1::Method& method = enrolled.method();
  if (enrolled.has_sent()) return DrawConfirmSent(screen, method);
  const Html fields = Hidden("method", method.method_id()) + Hidden("type", WordOf(method.type())) +
                      Hidden("enrolment", enroll_request_id);
  if (enrolled.has_webauthn_creation_options_json()) return DrawAddKey(screen, enrolled, fields, name);
  return DrawScan(screen, enrolled, fields, name);
}

Drawn DrawConfirmSent(const Screen& screen, const v1::Method& method) {
  const Texts& texts = screen.texts;
  const std::string& title = texts.Of(TextId::kSentTitle);
  const std::string destination = method.sent_code().masked_destination();
  const Html id = Hidden("method", method.method_id()) + Hidden("type", WordOf(method.type()));
  const Html again = ActionForm(screen, "resend", id + SubmitButton(texts.Of(TextId::kSendAgain), "plain"));
  return {title, Heading(title) + ErrorBox(screen) +
                     Paragraph(texts.Of(TextId::kCodeSent, {{"destination", destination}})) +
                     ActionForm(screen, "confirm",
                                id + CodeField(screen, method.type()) +
                                    SubmitButton(texts.Of(TextId::kCodeSubmit))) +
                     again + Bottom(screen)};
}

Drawn DrawCodes(const Screen& screen, const std::vector<std::string>& codes) {
  const Texts& texts = screen.texts;
  const std::string& title = texts.Of(TextId::kCodesTitle);
  const std::string heading = texts.Of(
      TextId::kCodesFile, {{"account", screen.view.account_name()}, {"service", ServiceName(screen)}});
  Html list;
  for (const std::string& code : codes) list += Element("li", {}, code);
  const std::string file = absl::StrCat(heading, "\n\n", absl::StrJoin(codes, "\n"), "\n");
  const std::string address = absl::StrCat("data:text/plain;charset=utf-8;base64,", absl::Base64Escape(file));
  const Html actions =
      Element("button", {{"type", "button"}, {"class", "plain small"}, {"id", "copy"}},
              texts.Of(TextId::kCodesCopy)) +
      Element("button", {{"type", "button"}, {"class", "plain small"}, {"id", "print"}},
              texts.Of(TextId::kCodesPrint)) +
      Element("a", {{"class", "button plain small"}, {"href", address}, {"download", "emergency-codes.txt"}},
              texts.Of(TextId::kCodesDownload)) +
      Element("span", {{"id", "copied"}, {"role", "status"}, {"hidden"}}, texts.Of(TextId::kCodesCopied));
  const Html check =
      VoidElement("input", {{"type", "checkbox"}, {"name", "saved"}, {"value", "yes"}, {"required"}});
  const Html label =
      Element("label", {{"class", "check"}}, check + Element("span", {}, texts.Of(TextId::kCodesSaved)));
  // Enrolling ends with the codes, and the list of methods goes on.
  const char* const action = IsManage(screen) ? "saved" : "finish";
  const Html form = ActionForm(screen, action, label + SubmitButton(texts.Of(TextId::kCodesSubmit)));
  return {title, Heading(title) + Element("p", {{"class", "screen-only"}}, texts.Of(TextId::kCodesText)) +
                     Element("p", {{"class", "print-only"}}, heading) +
                     Element("ol", {{"class", "codes"}}, list) +
                     Element("div", {{"class", "actions screen-only"}}, actions) +
                     Element("div", {{"class", "after screen-only"}}, form)};
}

Drawn DrawEnrolled(const Screen& screen) {
  const Texts& texts = screen.texts;
  const std::string& title = texts.Of(TextId::kDoneTitle);
  const std::string back = texts.Of(TextId::kManageFinish, {{"service", ServiceName(screen)}});
  const Html codes = SubmitButton(texts.Of(TextId::kManageNewCodes), "plain");
  return {title, Heading(title) + ErrorBox(screen) + ActionForm(screen, "finish", SubmitButton(back)) +
                     ActionForm(screen, "new-codes", codes)};
}

}  // namespace twofold
