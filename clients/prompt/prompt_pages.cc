#include "clients/prompt/prompt_pages.h"

#include <exception>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "clients/prompt/assets/assets.h"
#include "clients/prompt/browser_session.h"
#include "clients/prompt/page_frame.h"
#include "clients/prompt/screens/plain.h"
#include "clients/prompt/visit.h"
#include "crypto/constant_time.h"
#include "google/protobuf/util/time_util.h"
#include "server/ops/log.h"

namespace twofold {
namespace {

using google::protobuf::util::TimeUtil;

constexpr char kPromptPath[] = "/p/";
constexpr size_t kMaxTokenSize = 8192;

Texts TextsFor(const HttpRequest& request) { return Texts("", ValueOf(request.headers, "accept-language")); }

HttpResponse Notice(const PageSettings& settings, const HttpRequest& request, unsigned status, TextId title,
                    TextId text, const std::string& again = "") {
  const Texts texts = TextsFor(request);
  const PageFrame frame{settings.url, texts, settings.theme};
  return DrawPage(frame, status, DrawNotice(texts, title, text, again));
}

HttpResponse NotFound(const PageSettings& settings, const HttpRequest& request) {
  return Notice(settings, request, 404, TextId::kNotFoundTitle, TextId::kNotFoundText);
}

// A form must come from the page itself, by the browser's word and by a token that no other site knows.
bool IsOwnForm(const HttpRequest& request, const PageSettings& settings, absl::string_view prompt_id) {
  const std::string expected = FormToken(SessionOf(request, prompt_id));
  return IsSameOrigin(request, settings.url.origin) &&
         ConstantTimeEquals(ValueOf(request.form, "form-token"), expected);
}

}  // namespace

Task<HttpResponse> PromptPages::Handle(HttpRequest request) {
  try {
    Task<HttpResponse> routed = Route(request);
    HttpResponse response = co_await std::move(routed);
    co_return response;
  } catch (const std::exception& error) {
    LogError("a request ended with an exception: ", error.what());
  }
  co_return Notice(settings_, request, 500, TextId::kUnavailableTitle, TextId::kUnavailableText);
}

HttpResponse PromptPages::File(absl::string_view path) const {
  for (const auto& [name, asset] : Assets()) {
    if (path == asset.path) return DrawFile(asset.content_type, asset.content, true);
  }
  if (path == kThemePath) return DrawFile("text/css; charset=utf-8", settings_.theme.css, false);
  if (path == kLogoPath) return DrawFile(settings_.theme.logo_type, settings_.theme.logo, false);
  return {};
}

Task<HttpResponse> PromptPages::Route(const HttpRequest& request) {
  absl::string_view path = request.path;
  if (!absl::ConsumePrefix(&path, settings_.url.prefix)) co_return NotFound(settings_, request);
  const bool post = request.method == "POST";
  if (path == "/start" && !post) {
    const Texts texts = TextsFor(request);
    PageFrame frame{settings_.url, texts, settings_.theme};
    frame.script = "start.js";
    co_return DrawPage(frame, 200, DrawStart(texts, absl::StrCat(settings_.url.prefix, path)));
  }
  if (path == "/start") {
    Task<HttpResponse> opened = Open(request);
    co_return co_await std::move(opened);
  }
  if (!post) {
    HttpResponse file = File(path);
    if (!file.headers.empty() && !file.body.empty()) co_return file;
  }
  if (!absl::ConsumePrefix(&path, kPromptPath)) co_return NotFound(settings_, request);
  const absl::string_view prompt_id = path.substr(0, path.find('/'));
  const bool has_action = prompt_id.size() < path.size();
  const absl::string_view action = has_action ? path.substr(prompt_id.size() + 1) : absl::string_view();
  if (!IsPromptId(prompt_id)) co_return NotFound(settings_, request);
  const std::string base = absl::StrCat(settings_.url.prefix, kPromptPath, prompt_id);
  // A form's address that is loaded by itself.
  if (!post && has_action) co_return SeeOther(base);
  Visit visit(api_, settings_, request, prompt_id);
  if (!visit.has_session()) {
    co_return Notice(settings_, request, 403, TextId::kNoSessionTitle, TextId::kNoSessionText);
  }
  if (post && !IsOwnForm(request, settings_, prompt_id)) {
    co_return Notice(settings_, request, 403, TextId::kRefusedTitle, TextId::kRefusedText, base);
  }
  Task<HttpResponse> answered = post ? visit.Act(action) : visit.Show();
  co_return co_await std::move(answered);
}

Task<HttpResponse> PromptPages::Open(const HttpRequest& request) {
  // Another site could otherwise put its own prompt before this browser.
  if (!IsSameOrigin(request, settings_.url.origin)) {
    co_return Notice(settings_, request, 403, TextId::kRefusedTitle, TextId::kRefusedText);
  }
  const absl::string_view token = ValueOf(request.form, "token");
  if (token.size() > kMaxTokenSize) co_return NotFound(settings_, request);
  v1::OpenPromptRequest open;
  open.set_token(std::string(token));
  open.set_client_address(
      settings_.trusted_proxies.ClientOf(request.peer, ValueOf(request.headers, "x-forwarded-for")));
  Task<Result<v1::OpenPromptResponse>> call = api_.OpenPrompt(std::move(open));
  Result<v1::OpenPromptResponse> opened = co_await std::move(call);
  const std::string prefix = absl::StrCat(settings_.url.prefix, kPromptPath);
  if (opened.ok()) {
    const std::string& id = opened->view().prompt_id();
    const absl::Time until =
        absl::FromUnixMillis(TimeUtil::TimestampToMilliseconds(opened->view().expire_time()));
    HttpResponse response = SeeOther(absl::StrCat(prefix, id));
    response.headers.emplace_back(
        "Set-Cookie",
        SessionCookie(id, opened->session(), until - absl::FromUnixMillis(settings_.clock.Now())));
    co_return response;
  }
  // The browser that opened the link before goes on where it was.
  const absl::string_view id = token.substr(0, token.find('.'));
  if (opened.error().reason == "PROMPT_NOT_FOUND") {
    if (IsPromptId(id) && !SessionOf(request, id).empty()) co_return SeeOther(absl::StrCat(prefix, id));
    const Texts texts = TextsFor(request);
    const PageFrame frame{settings_.url, texts, settings_.theme};
    co_return DrawPage(frame, 410, DrawOver(texts, opened.error().return_url));
  }
  LogWarning("OpenPrompt failed: ", opened.error().message);
  co_return Notice(settings_, request, 503, TextId::kUnavailableTitle, TextId::kUnavailableText);
}

}  // namespace twofold
