#include "clients/prompt/screens/manage.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "clients/prompt/screens/remember.h"
#include "google/protobuf/util/time_util.h"

namespace twofold {
namespace {

using google::protobuf::util::TimeUtil;

bool IsDevice(const v1::Method& method) {
  return !method.has_backup_codes() && method.state() != v1::METHOD_STATE_PENDING;
}

Html SmallLink(const Screen& screen, absl::string_view query, absl::string_view text,
               absl::string_view what) {
  return Element("a",
                 {{"class", "button plain small"},
                  {"href", absl::StrCat(screen.base, query)},
                  {"aria-label", absl::StrCat(text, ": ", what)}},
                 text);
}

Html ActionsOf(const Screen& screen, const v1::Method& method, const std::string& name) {
  const Texts& texts = screen.texts;
  const std::string& id = method.method_id();
  Html actions = SmallLink(screen, ScreenQuery("rename", id), texts.Of(TextId::kManageRename), name);
  if (!method.preferred() && method.state() == v1::METHOD_STATE_ACTIVE) {
    const std::string& prefer = texts.Of(TextId::kManagePrefer);
    const Html button = Element(
        "button",
        {{"type", "submit"}, {"class", "plain small"}, {"aria-label", absl::StrCat(prefer, ": ", name)}},
        prefer);
    actions += ActionForm(screen, "prefer", Hidden("method", id) + button);
  }
  actions += SmallLink(screen, ScreenQuery("remove", id), texts.Of(TextId::kManageRemove), name);
  return Element("div", {{"class", "actions"}}, actions);
}

Html DrawMethod(const Screen& screen, const v1::Method& method) {
  const Texts& texts = screen.texts;
  const std::string name = MethodName(texts, method);
  std::string details = TypeName(texts, method.type());
  if (method.has_sent_code()) absl::StrAppend(&details, " ", method.sent_code().masked_destination());
  if (method.preferred()) absl::StrAppend(&details, " · ", texts.Of(TextId::kManagePreferred));
  if (method.state() == v1::METHOD_STATE_DISABLED) {
    absl::StrAppend(&details, " · ", texts.Of(TextId::kManageDisabled));
  }
  std::string used = texts.Of(TextId::kOthersNeverUsed);
  if (method.has_last_used_time()) {
    const std::string day = TimeUtil::ToString(method.last_used_time()).substr(0, 10);
    used = texts.Of(TextId::kOthersLastUsed, {{"date", day}});
  }
  return Element("li", {},
                 Element("p", {}, Element("strong", {{"dir", "auto"}}, name)) +
                     Element("p", {{"class", "quiet"}}, absl::StrCat(details, " · ", used)) +
                     ActionsOf(screen, method, name));
}

Html DrawBackupCodes(const Screen& screen, bool has_device) {
  const Texts& texts = screen.texts;
  const auto& methods = screen.view.methods();
  const auto codes = std::find_if(methods.begin(), methods.end(),
                                  [](const v1::Method& method) { return method.has_backup_codes(); });
  const bool some = codes != methods.end();
  if (!some && !has_device) return {};
  const std::string& title = texts.Of(TextId::kManageCodes);
  const std::string left =
      some ? texts.Of(TextId::kManageCodesLeft, {{"count", absl::StrCat(codes->backup_codes().remaining())}})
           : texts.Of(TextId::kManageNoCodes);
  Html actions = SmallLink(screen, "?screen=new-codes", texts.Of(TextId::kManageNewCodes), title);
  if (some) actions += SmallLink(screen, "?screen=delete-codes", texts.Of(TextId::kManageDeleteCodes), title);
  return Element("h2", {}, title) + Paragraph(left) + Element("div", {{"class", "actions"}}, actions);
}

Drawn Question(const Screen& screen, absl::string_view title, const Html& text, absl::string_view action,
               const Html& fields, TextId button) {
  const Html form = ActionForm(screen, action, fields + SubmitButton(screen.texts.Of(button), "danger"));
  const Html back = ScreenLink(screen, "", screen.texts.Of(TextId::kCommonBack));
  return {std::string(title), Heading(title) + ErrorBox(screen) + text + form + LinksBelow(back)};
}

}  // namespace

Drawn DrawManage(const Screen& screen) {
  const Texts& texts = screen.texts;
  const std::string& title = texts.Of(TextId::kManageTitle);
  Html list;
  for (const v1::Method& method : screen.view.methods()) {
    if (IsDevice(method)) list += DrawMethod(screen, method);
  }
  const bool has_device = !list.empty();
  Html content = Heading(title) + ErrorBox(screen);
  content +=
      has_device ? Element("ul", {{"class", "methods"}}, list) : Paragraph(texts.Of(TextId::kManageNone));
  if (!screen.view.enrollable_types().empty()) {
    const std::string link = absl::StrCat(screen.base, "?screen=add");
    content +=
        Paragraph(Element("a", {{"class", "button plain"}, {"href", link}}, texts.Of(TextId::kManageAdd)));
  }
  content += DrawBackupCodes(screen, has_device);
  content += RememberedDevices(screen);
  const std::string done = texts.Of(TextId::kManageFinish, {{"service", ServiceName(screen)}});
  return {title,
          content + Element("div", {{"class", "after"}}, ActionForm(screen, "finish", SubmitButton(done)))};
}

Drawn DrawRename(const Screen& screen, const v1::Method& method, absl::string_view typed) {
  const Texts& texts = screen.texts;
  const std::string& title = texts.Of(TextId::kRenameTitle);
  const Html form = ActionForm(screen, "rename",
                               Hidden("method", method.method_id()) + NameField(screen, typed) +
                                   SubmitButton(texts.Of(TextId::kRenameSubmit)));
  const Html back = ScreenLink(screen, "", texts.Of(TextId::kCommonBack));
  return {title, Heading(title) + ErrorBox(screen) + form + LinksBelow(back)};
}

Drawn DrawRemove(const Screen& screen, const v1::Method& method) {
  const Texts& texts = screen.texts;
  const auto& methods = screen.view.methods();
  const auto devices = std::count_if(methods.begin(), methods.end(), &IsDevice);
  Html text = Paragraph(texts.Of(TextId::kRemoveText, {{"method", MethodName(texts, method)}}));
  if (devices <= 1) text += Paragraph(texts.Of(TextId::kRemoveLast));
  return Question(screen, texts.Of(TextId::kRemoveTitle), text, "remove",
                  Hidden("method", method.method_id()), TextId::kRemoveSubmit);
}

Drawn DrawNewCodes(const Screen& screen) {
  const Texts& texts = screen.texts;
  return Question(screen, texts.Of(TextId::kNewCodesTitle), Paragraph(texts.Of(TextId::kNewCodesText)),
                  "new-codes", {}, TextId::kNewCodesSubmit);
}

Drawn DrawDeleteCodes(const Screen& screen) {
  const Texts& texts = screen.texts;
  const std::string text = texts.Of(TextId::kDeleteCodesText, {{"service", ServiceName(screen)}});
  return Question(screen, texts.Of(TextId::kDeleteCodesTitle), Paragraph(text), "delete-codes", {},
                  TextId::kDeleteCodesSubmit);
}

}  // namespace twofold
