#include "clients/prompt/visit.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "clients/cpp/request_id.h"
#include "clients/prompt/browser_session.h"
#include "clients/prompt/device_name.h"
#include "clients/prompt/error_text.h"
#include "clients/prompt/page_frame.h"
#include "clients/prompt/screens/enroll.h"
#include "clients/prompt/screens/manage.h"
#include "clients/prompt/screens/plain.h"
#include "clients/prompt/screens/sign_in.h"
#include "google/protobuf/util/time_util.h"
#include "server/ops/log.h"

namespace twofold {
namespace {

using google::protobuf::util::TimeUtil;
using Acted = Result<v1::ActOnPromptResponse>;

// The method of the query, if it can be used, else the best one. Null if there is none.
const v1::Method* ChooseMethod(const v1::PromptView& view, absl::string_view method_id) {
  const std::vector<const v1::Method*> usable = UsableMethods(view);
  for (const v1::Method* method : usable) {
    if (method->method_id() == method_id) return method;
  }
  return usable.empty() ? nullptr : usable.front();
}

bool MustPass(const v1::PromptView& view) {
  return view.purpose() == v1::PROMPT_PURPOSE_SIGN_IN || view.proof_required();
}

bool IsDestination(v1::MethodType type) {
  return type == v1::METHOD_TYPE_SMS || type == v1::METHOD_TYPE_EMAIL;
}

}  // namespace

Visit::Visit(PromptApi& api, const PageSettings& settings, const HttpRequest& request,
             absl::string_view prompt_id)
    : api_(api),
      settings_(settings),
      request_(request),
      prompt_id_(prompt_id),
      session_(SessionOf(request, prompt_id)),
      base_(absl::StrCat(settings.url.prefix, "/p/", prompt_id)),
      texts_("", ValueOf(request.headers, "accept-language")) {}

std::string Visit::Field(absl::string_view name) const { return std::string(ValueOf(request_.form, name)); }

v1::ActOnPromptRequest Visit::NewAction() const {
  v1::ActOnPromptRequest action;
  action.set_session(session_);
  action.set_request_id(Field("request-id"));
  action.set_client_address(
      settings_.trusted_proxies.ClientOf(request_.peer, ValueOf(request_.headers, "x-forwarded-for")));
  return action;
}

Screen Visit::NewScreen(v1::PromptView view) {
  texts_ = Texts(view.locale(), ValueOf(request_.headers, "accept-language"));
  Screen screen{texts_, settings_.theme,     absl::FromUnixMillis(settings_.clock.Now()),
                base_,  FormToken(session_), NewRequestId(),
                {}};
  screen.view = std::move(view);
  screen.remember = Field("remember") == "yes";
  return screen;
}

HttpResponse Visit::Page(const Screen& screen, const Drawn& drawn, unsigned status) const {
  const Texts texts = screen.texts;
  PageFrame frame{settings_.url, texts, settings_.theme};
  frame.script = "prompt.js";
  frame.service = ServiceName(screen);
  frame.account = screen.view.account_name();
  frame.return_origin = screen.view.return_origin();
  frame.home = base_;
  if (request_.method == "POST") frame.location = base_;
  const int64_t until = TimeUtil::TimestampToMilliseconds(screen.view.expire_time());
  frame.left = absl::FromUnixMillis(until) - screen.now;
  return DrawPage(frame, status, drawn);
}

HttpResponse Visit::Leave(const std::string& return_url) const {
  HttpResponse response = SeeOther(return_url);
  response.headers.emplace_back("Set-Cookie", EndedCookie(prompt_id_));
  return response;
}

HttpResponse Visit::Failed(const CallError& error) const {
  PageFrame frame{settings_.url, texts_, settings_.theme};
  if (error.reason == "PROMPT_NOT_FOUND") {
    HttpResponse over = DrawPage(frame, 410, DrawOver(texts_, error.return_url));
    over.headers.emplace_back("Set-Cookie", EndedCookie(prompt_id_));
    return over;
  }
  // The message is the server's or gRPC's own, and holds nothing of the user.
  LogWarning("a call failed: ", error.reason, " ", error.message);
  const Drawn drawn = DrawNotice(texts_, TextId::kUnavailableTitle, TextId::kUnavailableText, base_);
  return DrawPage(frame, StatusOf(error), drawn);
}

Drawn Visit::DrawAt(const Screen& screen) const {
  const v1::PromptView& view = screen.view;
  const absl::string_view at = ValueOf(request_.query, "screen");
  const absl::string_view method_id = ValueOf(request_.query, "method");
  if (MustPass(view)) {
    if (at == "others") return DrawOtherWays(screen);
    if (at == "lost") return DrawLostAll(screen);
    return DrawSignIn(screen, ChooseMethod(view, method_id));
  }
  const v1::MethodType type = TypeOfWord(ValueOf(request_.query, "type"));
  if (at == "add" && IsDestination(type)) return DrawDestination(screen, type, "");
  if (view.purpose() == v1::PROMPT_PURPOSE_ENROLL) {
    return view.enrolled_method_ids().empty() ? DrawChooseType(screen) : DrawEnrolled(screen);
  }
  if (at == "add") return DrawChooseType(screen);
  if (at == "new-codes") return DrawNewCodes(screen);
  if (at == "delete-codes") return DrawDeleteCodes(screen);
  const v1::Method* const method = FindMethod(view, method_id);
  if (at == "rename" && method != nullptr) return DrawRename(screen, *method, method->description());
  if (at == "remove" && method != nullptr) return DrawRemove(screen, *method);
  return DrawManage(screen);
}

Task<HttpResponse> Visit::Show() {
  CallError none;
  Task<HttpResponse> shown = ShowError(std::move(none));
  co_return co_await std::move(shown);
}

Task<HttpResponse> Visit::ShowError(CallError error) {
  const bool has_error = !error.reason.empty();
  if (has_error && !IsForUser(error)) co_return Failed(error);
  v1::GetPromptRequest get;
  get.set_session(session_);
  Task<Result<v1::GetPromptResponse>> call = api_.GetPrompt(std::move(get));
  Result<v1::GetPromptResponse> got = co_await std::move(call);
  if (!got.ok()) co_return Failed(got.error());
  Screen screen = NewScreen(got->view());
  if (!has_error) co_return Page(screen, DrawAt(screen));
  const bool by_key = !Field("credential").empty();
  screen.error = ErrorText(texts_, error, by_key);
  const unsigned status = StatusOf(error);
  const v1::PromptView& view = screen.view;
  const v1::Method* const method = FindMethod(view, Field("method"));
  if (MustPass(view)) {
    int64_t resend = 0;
    const bool known = absl::SimpleAtoi(Field("resend"), &resend);
    if (known && method != nullptr && method->has_sent_code()) {
      const Drawn drawn = DrawSentCode(screen, *method, Field("challenge"), absl::FromUnixMillis(resend));
      co_return Page(screen, drawn, status);
    }
    co_return Page(screen, DrawSignIn(screen, ChooseMethod(view, Field("method"))), status);
  }
  const v1::MethodType type = TypeOfWord(Field("type"));
  if (IsDestination(type) && !Field("destination").empty()) {
    co_return Page(screen, DrawDestination(screen, type, Field("destination")), status);
  }
  if (method != nullptr && method->state() == v1::METHOD_STATE_PENDING && method->has_sent_code()) {
    co_return Page(screen, DrawConfirmSent(screen, *method), status);
  }
  if (error.reason == "INVALID_REQUEST" && method != nullptr) {
    co_return Page(screen, DrawRename(screen, *method, Field("name")), status);
  }
  if (view.purpose() == v1::PROMPT_PURPOSE_MANAGE && Field("type").empty()) {
    co_return Page(screen, DrawManage(screen), status);
  }
  co_return Page(screen, DrawChooseType(screen), status);
}

Task<HttpResponse> Visit::Act(absl::string_view action) {
  v1::ActOnPromptRequest request = NewAction();
  Task<HttpResponse> (Visit::*step)() = nullptr;
  if (action == "verify") step = &Visit::Verify;
  if (action == "challenge") step = &Visit::Challenge;
  if (action == "enroll") step = &Visit::Enroll;
  if (action == "resend") step = &Visit::Resend;
  if (action == "confirm") step = &Visit::Confirm;
  if (action == "finish") step = &Visit::Finish;
  if (step != nullptr) {
    Task<HttpResponse> done = (this->*step)();
    co_return co_await std::move(done);
  }
  if (action == "rename") {
    request.mutable_update()->set_method_id(Field("method"));
    request.mutable_update()->set_description(Field("name"));
  } else if (action == "prefer") {
    request.mutable_update()->set_method_id(Field("method"));
    request.mutable_update()->set_preferred(true);
  } else if (action == "remove") {
    request.mutable_delete_()->set_method_id(Field("method"));
  } else if (action == "new-codes") {
    request.mutable_rotate_backup_codes();
  } else if (action == "delete-codes") {
    request.mutable_delete_backup_codes();
  } else if (action == "forget" && (Field("all") == "yes" || !Field("grant").empty())) {
    request.mutable_revoke_grants()->set_grant_id(Field("grant"));
  } else if (action == "cancel") {
    request.mutable_cancel()->set_lost_all_methods(Field("lost") == "yes");
  } else {
    co_return SeeOther(base_);
  }
  Task<HttpResponse> changed = Change(std::move(request));
  co_return co_await std::move(changed);
}

Task<HttpResponse> Visit::ActAndDraw(v1::ActOnPromptRequest request, Draw draw) {
  Task<Acted> call = api_.ActOnPrompt(std::move(request));
  Acted acted = co_await std::move(call);
  if (!acted.ok()) {
    Task<HttpResponse> shown = ShowError(acted.error());
    co_return co_await std::move(shown);
  }
  if (!acted->return_url().empty()) co_return Leave(acted->return_url());
  const Screen screen = NewScreen(acted->view());
  co_return draw(screen, *acted);
}

HttpResponse Visit::DrawChanged(const Screen& screen, const v1::ActOnPromptResponse& acted) const {
  if (acted.backup_codes().empty()) return SeeOther(base_);
  return Page(screen, DrawCodes(screen, {acted.backup_codes().begin(), acted.backup_codes().end()}));
}

Task<HttpResponse> Visit::Change(v1::ActOnPromptRequest request) {
  Draw draw = [this](const Screen& screen, const v1::ActOnPromptResponse& acted) {
    return DrawChanged(screen, acted);
  };
  Task<HttpResponse> changed = ActAndDraw(std::move(request), std::move(draw));
  co_return co_await std::move(changed);
}

Task<HttpResponse> Visit::Verify() {
  v1::ActOnPromptRequest request = NewAction();
  v1::PromptVerify& verify = *request.mutable_verify();
  SetAnswer(verify);
  verify.set_challenge_id(Field("challenge"));
  if (Field("remember") == "yes") {
    verify.set_remember(true);
    verify.set_device_description(DeviceName(ValueOf(request_.headers, "user-agent")));
  }
  Task<HttpResponse> changed = Change(std::move(request));
  co_return co_await std::move(changed);
}

Task<HttpResponse> Visit::Challenge() {
  v1::ActOnPromptRequest request = NewAction();
  // Any key of the user can answer.
  if (Field("kind") == "key") {
    request.mutable_challenge()->add_allowed_types(v1::METHOD_TYPE_SECURITY_KEY);
  } else {
    request.mutable_challenge()->set_method_id(Field("method"));
  }
  request.mutable_challenge()->set_challenge_id(Field("challenge"));
  Draw draw = [this](const Screen& screen, const v1::ActOnPromptResponse& acted) {
    const v1::Method* const method = FindMethod(screen.view, Field("method"));
    if (method == nullptr) return SeeOther(base_);
    return Page(screen, DrawChallenge(screen, *method, acted.challenge()));
  };
  Task<HttpResponse> challenged = ActAndDraw(std::move(request), std::move(draw));
  co_return co_await std::move(challenged);
}

Task<HttpResponse> Visit::Enroll() {
  v1::ActOnPromptRequest request = NewAction();
  v1::PromptEnroll& enroll = *request.mutable_enroll();
  enroll.set_type(TypeOfWord(Field("type")));
  if (enroll.type() == v1::METHOD_TYPE_SMS) enroll.set_phone_number(Field("destination"));
  if (enroll.type() == v1::METHOD_TYPE_EMAIL) enroll.set_email(Field("destination"));
  if (enroll.type() == v1::METHOD_TYPE_UNSPECIFIED) co_return SeeOther(base_);
  Draw draw = [this](const Screen& screen, const v1::ActOnPromptResponse& acted) {
    return Page(screen, DrawConfirm(screen, acted.enrolled(), Field("request-id"), ""));
  };
  Task<HttpResponse> enrolled = ActAndDraw(std::move(request), std::move(draw));
  co_return co_await std::move(enrolled);
}

Task<HttpResponse> Visit::Resend() {
  v1::ActOnPromptRequest request = NewAction();
  request.mutable_challenge()->set_method_id(Field("method"));
  Draw draw = [this](const Screen& screen, const v1::ActOnPromptResponse&) {
    const v1::Method* const method = FindMethod(screen.view, Field("method"));
    return method == nullptr ? SeeOther(base_) : Page(screen, DrawConfirmSent(screen, *method));
  };
  Task<HttpResponse> resent = ActAndDraw(std::move(request), std::move(draw));
  co_return co_await std::move(resent);
}

Task<HttpResponse> Visit::Confirm() {
  v1::ActOnPromptRequest request = NewAction();
  v1::PromptConfirm& confirm = *request.mutable_confirm();
  confirm.set_method_id(Field("method"));
  confirm.set_description(Field("name"));
  SetAnswer(confirm);
  Task<Acted> call = api_.ActOnPrompt(std::move(request));
  Acted acted = co_await std::move(call);
  if (!acted.ok()) {
    Task<HttpResponse> again = ConfirmAgain(acted.error());
    co_return co_await std::move(again);
  }
  const bool enrolls = acted->view().purpose() == v1::PROMPT_PURPOSE_ENROLL;
  if (enrolls && acted->backup_codes().empty()) {
    Task<HttpResponse> finished = Finish();
    co_return co_await std::move(finished);
  }
  const Screen screen = NewScreen(acted->view());
  co_return DrawChanged(screen, *acted);
}

Task<HttpResponse> Visit::ConfirmAgain(CallError error) {
  const std::string enrolment = Field("enrolment");
  if (enrolment.empty() || !IsForUser(error) || error.reason == "METHOD_NOT_FOUND") {
    Task<HttpResponse> shown = ShowError(std::move(error));
    co_return co_await std::move(shown);
  }
  // The same enrolment answers with the same QR code or the same options.
  v1::ActOnPromptRequest request = NewAction();
  request.set_request_id(enrolment);
  request.mutable_enroll()->set_type(TypeOfWord(Field("type")));
  Draw draw = [this, &error, &enrolment](const Screen& screen, const v1::ActOnPromptResponse& acted) {
    Screen again = screen;
    again.error = ErrorText(texts_, error, !Field("credential").empty());
    const Drawn drawn = DrawConfirm(again, acted.enrolled(), enrolment, Field("name"));
    return Page(again, drawn, StatusOf(error));
  };
  Task<HttpResponse> drawn = ActAndDraw(std::move(request), std::move(draw));
  co_return co_await std::move(drawn);
}

Task<HttpResponse> Visit::Finish() {
  v1::ActOnPromptRequest request = NewAction();
  // The form may have done something else before under its own id.
  request.set_request_id(NewRequestId());
  request.mutable_finish();
  Task<HttpResponse> changed = Change(std::move(request));
  co_return co_await std::move(changed);
}

}  // namespace twofold
