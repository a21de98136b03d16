#include "clients/prompt/screens/sign_in.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "clients/prompt/screens/key_form.h"
#include "clients/prompt/screens/remember.h"
#include "google/protobuf/util/time_util.h"

namespace twofold {
namespace {

using google::protobuf::util::TimeUtil;

bool IsSignIn(const v1::PromptView& view) { return view.purpose() == v1::PROMPT_PURPOSE_SIGN_IN; }

bool IsUsable(const v1::PromptView& view, const v1::Method& method) {
  if (method.state() != v1::METHOD_STATE_ACTIVE) return false;
  if (view.require_user_verified() && method.type() != v1::METHOD_TYPE_SECURITY_KEY) return false;
  if (!IsSignIn(view)) return !method.restricted();
  const auto& types = view.allowed_types();
  return types.empty() || std::find(types.begin(), types.end(), method.type()) != types.end();
}

bool HasCodesLeft(const v1::Method& method) {
  return method.type() != v1::METHOD_TYPE_BACKUP_CODES || method.backup_codes().remaining() > 0;
}

// A lock stops codes that somebody could guess. Emergency codes have limits of their own, and nobody
// guesses a security key.
bool IsStoppedByLock(v1::MethodType type) {
  return type != v1::METHOD_TYPE_BACKUP_CODES && type != v1::METHOD_TYPE_SECURITY_KEY;
}

absl::Time TimeOf(const google::protobuf::Timestamp& time) {
  return absl::FromUnixMillis(TimeUtil::TimestampToMilliseconds(time));
}

std::string Title(const Screen& screen) {
  if (!IsSignIn(screen.view)) return screen.texts.Of(TextId::kProofTitle);
  return screen.texts.Of(TextId::kSignInTitle, {{"service", ServiceName(screen)}});
}

Html Top(const Screen& screen) {
  Html top = Heading(Title(screen));
  if (!IsSignIn(screen.view)) top += Paragraph(screen.texts.Of(TextId::kProofText));
  if (!screen.view.transaction_text().empty()) {
    const Html label = Element("strong", {}, screen.texts.Of(TextId::kTransactionLabel));
    const Html text = Element("span", {{"dir", "auto"}}, screen.view.transaction_text());
    top += Element("p", {{"class", "transaction"}}, label + " " + text);
  }
  return top + ErrorBox(screen);
}

Html Bottom(const Screen& screen) {
  Html links;
  if (!UsableMethods(screen.view).empty()) {
    links += ScreenLink(screen, "?screen=others", screen.texts.Of(TextId::kOthersLink));
  }
  return LinksBelow(links + CancelForm(screen));
}

Drawn Finish(const Screen& screen, const Html& content) {
  return {Title(screen), Top(screen) + content + Bottom(screen)};
}

Drawn DrawLocked(const Screen& screen) {
  const Texts& texts = screen.texts;
  const bool forever = screen.view.permanently_locked();
  const std::string& title = texts.Of(forever ? TextId::kLockedForeverTitle : TextId::kLockedTitle);
  const absl::Duration left = TimeOf(screen.view.locked_until()) - screen.now;
  const std::string text = forever ? texts.Of(TextId::kLockedForeverText, {{"service", ServiceName(screen)}})
                                   : texts.Of(TextId::kLockedText, {{"time", texts.TimeLeft(left)}});
  Html content = Heading(title) + Element("p", {{"role", "alert"}}, text);
  for (const v1::Method* method : UsableMethods(screen.view)) {
    if (!method->has_backup_codes()) continue;
    const std::string query = absl::StrCat("?method=", method->method_id());
    content += Paragraph(ScreenLink(screen, query, texts.Of(TextId::kLockedBackup)));
  }
  if (!forever) content += Paragraph(ScreenLink(screen, "", texts.Of(TextId::kTryAgain)));
  return {title, content + Bottom(screen)};
}

Html CodeForm(const Screen& screen, const v1::Method& method, const Html& fields) {
  return ActionForm(screen, "verify",
                    Hidden("method", method.method_id()) + fields + CodeField(screen, method.type()) +
                        RememberBox(screen, method.type()) +
                        SubmitButton(screen.texts.Of(TextId::kCodeSubmit)));
}

std::string CodeText(const Screen& screen, v1::MethodType type) {
  const Texts& texts = screen.texts;
  if (type == v1::METHOD_TYPE_BACKUP_CODES) return texts.Of(TextId::kCodeBackupCodes);
  if (type == v1::METHOD_TYPE_HOTP) return texts.Of(TextId::kCodeHotp);
  return texts.Of(TextId::kCodeTotp, {{"service", ServiceName(screen)}});
}

// Asks for the press of a button before something is sent or a key is asked.
Drawn DrawFirstStep(const Screen& screen, const v1::Method& method) {
  const Texts& texts = screen.texts;
  const Html id = Hidden("method", method.method_id());
  if (method.type() == v1::METHOD_TYPE_SECURITY_KEY) {
    Html text = Paragraph(texts.Of(TextId::kKeyText));
    if (screen.view.require_user_verified()) text += Paragraph(texts.Of(TextId::kKeyVerified));
    return Finish(screen, text + ActionForm(screen, "challenge",
                                            id + Hidden("kind", "key") + RememberBox(screen, method.type()) +
                                                SubmitButton(texts.Of(TextId::kKeyStart))));
  }
  const TextId text = method.type() == v1::METHOD_TYPE_SMS ? TextId::kSendTextSms : TextId::kSendTextEmail;
  const std::string destination = method.sent_code().masked_destination();
  return Finish(screen,
                Paragraph(texts.Of(text, {{"destination", destination}})) +
                    ActionForm(screen, "challenge", id + SubmitButton(texts.Of(TextId::kSendSubmit))));
}

}  // namespace

std::vector<const v1::Method*> UsableMethods(const v1::PromptView& view) {
  std::vector<const v1::Method*> usable;
  for (const v1::Method& method : view.methods()) {
    if (IsUsable(view, method) && HasCodesLeft(method)) usable.push_back(&method);
  }
  std::stable_partition(usable.begin(), usable.end(), [](const v1::Method* method) {
    return method->type() != v1::METHOD_TYPE_BACKUP_CODES;
  });
  return usable;
}

Drawn DrawSignIn(const Screen& screen, const v1::Method* method) {
  if (method == nullptr) return Finish(screen, Paragraph(screen.texts.Of(TextId::kSignInNone)));
  const bool locked = screen.view.permanently_locked() ||
                      (screen.view.has_locked_until() && TimeOf(screen.view.locked_until()) > screen.now);
  if (locked && IsStoppedByLock(method->type())) return DrawLocked(screen);
  if (method->type() == v1::METHOD_TYPE_SECURITY_KEY || method->has_sent_code()) {
    return DrawFirstStep(screen, *method);
  }
  return Finish(screen, Paragraph(CodeText(screen, method->type())) + CodeForm(screen, *method, {}));
}

Drawn DrawSentCode(const Screen& screen, const v1::Method& method, absl::string_view challenge_id,
                   absl::Time resend_time) {
  const Texts& texts = screen.texts;
  const Html challenge = Hidden("challenge", challenge_id);
  const std::string resend = absl::StrCat(absl::ToUnixMillis(resend_time));
  Html content =
      Paragraph(texts.Of(TextId::kCodeSent, {{"destination", method.sent_code().masked_destination()}}));
  content += CodeForm(screen, method, challenge + Hidden("resend", resend));
  if (resend_time > screen.now) {
    const std::string wait = texts.TimeLeft(resend_time - screen.now);
    content += Element("p", {{"class", "quiet"}}, texts.Of(TextId::kSendWait, {{"time", wait}}));
  }
  content += ActionForm(screen, "challenge",
                        Hidden("method", method.method_id()) + challenge + Hidden("resend", resend) +
                            SubmitButton(texts.Of(TextId::kSendAgain), "plain"));
  return Finish(screen, content);
}

Drawn DrawChallenge(const Screen& screen, const v1::Method& method,
                    const v1::StartChallengeResponse& challenge) {
  if (challenge.has_sent()) {
    return DrawSentCode(screen, method, challenge.challenge_id(), TimeOf(challenge.sent().resend_time()));
  }
  const Html fields = Hidden("method", method.method_id()) + Hidden("challenge", challenge.challenge_id()) +
                      RememberAgain(screen);
  return Finish(
      screen, Paragraph(screen.texts.Of(TextId::kKeyText)) +
                  KeyForm(screen, "verify", KeyUse::kGet, challenge.webauthn_request_options_json(), fields));
}

Drawn DrawOtherWays(const Screen& screen) {
  const Texts& texts = screen.texts;
  Html cards;
  for (const v1::Method* method : UsableMethods(screen.view)) {
    std::string detail = texts.Of(TextId::kOthersNeverUsed);
    if (method->has_backup_codes()) {
      detail =
          texts.Of(TextId::kOthersCodesLeft, {{"count", absl::StrCat(method->backup_codes().remaining())}});
    } else if (method->has_last_used_time()) {
      const std::string day = TimeUtil::ToString(method->last_used_time()).substr(0, 10);
      detail = texts.Of(TextId::kOthersLastUsed, {{"date", day}});
    }
    if (method->restricted()) detail = absl::StrCat(detail, " · ", texts.Of(TextId::kRestrictedNote));
    const std::string kind = TypeName(texts, method->type());
    const std::string name = MethodName(texts, *method);
    Html card = Element("strong", {{"dir", "auto"}}, name);
    if (name != kind) card += Element("span", {}, kind);
    card += Element("span", {}, detail);
    const std::string link = absl::StrCat(screen.base, "?method=", method->method_id());
    cards += Element("li", {}, Element("a", {{"class", "card"}, {"href", link}}, card));
  }
  const Html lost = ScreenLink(screen, "?screen=lost", texts.Of(TextId::kOthersLost));
  const Html back = ScreenLink(screen, "", texts.Of(TextId::kCommonBack));
  const std::string& title = texts.Of(TextId::kOthersTitle);
  return {title, Heading(title) + Element("ul", {{"class", "cards"}}, cards) +
                     LinksBelow(lost + back + CancelForm(screen))};
}

Drawn DrawLostAll(const Screen& screen) {
  const Texts& texts = screen.texts;
  const std::string service = ServiceName(screen);
  const std::string& title = texts.Of(TextId::kLostTitle);
  Html content = Heading(title) + Paragraph(texts.Of(TextId::kLostText, {{"service", service}}));
  for (const v1::Method* method : UsableMethods(screen.view)) {
    if (!method->has_backup_codes()) continue;
    const std::string link = absl::StrCat(screen.base, "?method=", method->method_id());
    content += Paragraph(Element("a", {{"class", "button"}, {"href", link}}, texts.Of(TextId::kLostUseCode)));
  }
  const Html leave = SubmitButton(texts.Of(TextId::kLostLeave, {{"service", service}}), "plain");
  content += ActionForm(screen, "cancel", Hidden("lost", "yes") + leave);
  return {title, content + LinksBelow(ScreenLink(screen, "", texts.Of(TextId::kCommonBack)))};
}

}  // namespace twofold
