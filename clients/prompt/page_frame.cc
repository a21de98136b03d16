#include "clients/prompt/page_frame.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "clients/prompt/assets/assets.h"

namespace twofold {
namespace {

std::string AddressOf(const PageFrame& frame, const std::string& name) {
  return absl::StrCat(frame.url.prefix, Assets().find(name)->second.path);
}

// The origin comes from the server, which took it apart. It must not end the directive all the same.
bool IsOriginText(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || absl::StrContains(":/.-[]", c);
  });
}

std::string ContentPolicy(const PageFrame& frame) {
  // A form is answered by a redirect to the service, which Chromium counts as a target of the form.
  const std::string more = IsOriginText(frame.return_origin) ? absl::StrCat(" ", frame.return_origin) : "";
  return absl::StrCat(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
      "form-action 'self'",
      more, "; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'");
}

void AddHeaders(const PageFrame& frame, HttpResponse& response) {
  response.headers.emplace_back("Content-Type", "text/html; charset=utf-8");
  response.headers.emplace_back("Content-Security-Policy", ContentPolicy(frame));
  response.headers.emplace_back("Content-Language", frame.texts.language());
  response.headers.emplace_back("Cross-Origin-Opener-Policy", "same-origin");
  response.headers.emplace_back("Cross-Origin-Resource-Policy", "same-origin");
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  response.headers.emplace_back("X-Frame-Options", "DENY");
  response.headers.emplace_back("Permissions-Policy",
                                "publickey-credentials-get=(self), publickey-credentials-create=(self), "
                                "clipboard-write=(self), camera=(), microphone=(), geolocation=()");
  // With "no-referrer", browsers send the origin "null" with the page's own forms.
  response.headers.emplace_back("Referrer-Policy", "same-origin");
  response.headers.emplace_back("Cache-Control", "no-store");
  response.headers.emplace_back("X-Robots-Tag", "noindex");
  if (frame.url.is_https()) response.headers.emplace_back("Strict-Transport-Security", "max-age=31536000");
}

Html HeadOf(const PageFrame& frame, const std::string& title) {
  Html head = VoidElement("meta", {{"charset", "utf-8"}});
  head += VoidElement("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}});
  head += Element("title", {}, title);
  head += VoidElement("link", {{"rel", "icon"}, {"href", "data:,"}});
  head += VoidElement("link", {{"rel", "stylesheet"}, {"href", AddressOf(frame, "prompt.css")}});
  if (!frame.theme.css.empty()) {
    head +=
        VoidElement("link", {{"rel", "stylesheet"}, {"href", absl::StrCat(frame.url.prefix, kThemePath)}});
  }
  if (!frame.script.empty()) {
    head += Element("script", {{"src", AddressOf(frame, frame.script)}, {"defer"}}, {});
  }
  return head;
}

Html HeaderOf(const PageFrame& frame) {
  Html content;
  if (!frame.theme.logo.empty()) {
    content +=
        VoidElement("img", {{"src", absl::StrCat(frame.url.prefix, kLogoPath)}, {"alt", frame.theme.name}});
  }
  if (!frame.service.empty()) {
    // Each name may run from right to left.
    Html names = Element("p", {{"class", "name"}}, Element("bdi", {}, frame.service));
    if (!frame.account.empty()) {
      names += Element("p", {}, Element("bdi", {}, frame.account));
    }
    content += Element("div", {}, names);
  }
  return content.empty() ? content : Element("header", {}, content);
}

// The attributes of the body for prompt.js are those of main, because Document writes a plain body.
HtmlAttributes DataOf(const PageFrame& frame) {
  HtmlAttributes data = {{"id", "page"}};
  if (!frame.location.empty()) data.emplace_back(HtmlName("data-location"), frame.location);
  if (frame.left > absl::ZeroDuration()) {
    data.emplace_back(HtmlName("data-home"), frame.home);
    data.emplace_back(HtmlName("data-seconds"), absl::StrCat(absl::ToInt64Seconds(frame.left)));
  }
  return data;
}

}  // namespace

HttpResponse DrawPage(const PageFrame& frame, unsigned status, const Drawn& drawn) {
  HttpResponse response;
  response.status = status;
  AddHeaders(frame, response);
  const std::string title =
      frame.service.empty() ? drawn.title : absl::StrCat(drawn.title, " · ", frame.service);
  const Html body = Element("main", DataOf(frame), HeaderOf(frame) + drawn.content);
  response.body = Document(frame.texts.language(), HeadOf(frame, title), body).markup();
  return response;
}

HttpResponse SeeOther(const std::string& location) {
  HttpResponse response;
  response.status = 303;
  response.headers = {
      {"Location", location}, {"Cache-Control", "no-store"}, {"Referrer-Policy", "same-origin"}};
  return response;
}

HttpResponse DrawFile(const std::string& content_type, const std::string& content, bool for_ever) {
  HttpResponse response;
  response.headers = {
      {"Content-Type", content_type},
      {"Cache-Control", for_ever ? "public, max-age=31536000, immutable" : "public, max-age=300"},
      // A picture may be an SVG, which somebody may open as a page.
      {"Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox"},
      {"Cross-Origin-Resource-Policy", "same-origin"},
      {"X-Content-Type-Options", "nosniff"}};
  response.body = content;
  return response;
}

}  // namespace twofold
