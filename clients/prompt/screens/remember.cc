#include "clients/prompt/screens/remember.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"

namespace twofold {
namespace {

using google::protobuf::util::TimeUtil;

std::string DayOf(const google::protobuf::Timestamp& time) { return TimeUtil::ToString(time).substr(0, 10); }

Html DrawGrant(const Screen& screen, const v1::Grant& grant) {
  const Texts& texts = screen.texts;
  const std::string name =
      grant.description().empty() ? texts.Of(TextId::kDevicesUnnamed) : grant.description();
  const std::string used = grant.has_last_used_time()
                               ? texts.Of(TextId::kOthersLastUsed, {{"date", DayOf(grant.last_used_time())}})
                               : texts.Of(TextId::kOthersNeverUsed);
  const std::string until = texts.Of(TextId::kDevicesUntil, {{"date", DayOf(grant.expire_time())}});
  const std::string& forget = texts.Of(TextId::kDevicesForget);
  const Html button = Element(
      "button",
      {{"type", "submit"}, {"class", "plain small"}, {"aria-label", absl::StrCat(forget, ": ", name)}},
      forget);
  const Html form = ActionForm(screen, "forget", Hidden("grant", grant.grant_id()) + button);
  return Element("li", {},
                 Element("p", {}, Element("strong", {{"dir", "auto"}}, name)) +
                     Element("p", {{"class", "quiet"}}, absl::StrCat(used, " · ", until)) +
                     Element("div", {{"class", "actions"}}, form));
}

}  // namespace

Html RememberBox(const Screen& screen, v1::MethodType type) {
  if (!screen.view.remember_offered() || type == v1::METHOD_TYPE_BACKUP_CODES) return {};
  const absl::Time until = screen.now + absl::Seconds(screen.view.remember_max_age_seconds());
  const std::string day = absl::FormatTime("%Y-%m-%d", until, absl::UTCTimeZone());
  HtmlAttributes attributes = {{"type", "checkbox"}, {"name", "remember"}, {"value", "yes"}};
  if (screen.remember) attributes.emplace_back(HtmlName("checked"));
  const std::string text = screen.texts.Of(TextId::kRememberLabel, {{"date", day}});
  return Element("label", {{"class", "check"}}, VoidElement("input", attributes) + Element("span", {}, text));
}

Html RememberAgain(const Screen& screen) { return screen.remember ? Hidden("remember", "yes") : Html(); }

Html RememberedDevices(const Screen& screen) {
  if (screen.view.grants().empty()) return {};
  const Texts& texts = screen.texts;
  Html list;
  for (const v1::Grant& grant : screen.view.grants()) list += DrawGrant(screen, grant);
  const Html all = SubmitButton(texts.Of(TextId::kDevicesForgetAll), "plain");
  return Element("h2", {}, texts.Of(TextId::kDevicesTitle)) + Paragraph(texts.Of(TextId::kDevicesText)) +
         Element("ul", {{"class", "methods"}}, list) +
         ActionForm(screen, "forget", Hidden("all", "yes") + all);
}

}  // namespace twofold
