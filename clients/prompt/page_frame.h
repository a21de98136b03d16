#ifndef TWOFOLD_CLIENTS_PROMPT_PAGE_FRAME_H_
#define TWOFOLD_CLIENTS_PROMPT_PAGE_FRAME_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "clients/prompt/http.h"
#include "clients/prompt/public_url.h"
#include "clients/prompt/screens/screen.h"

// What surrounds every screen: the document, and the headers that keep other sites away from it.

namespace twofold {

inline constexpr char kThemePath[] = "/theme.css";
inline constexpr char kLogoPath[] = "/logo";

// What a page needs beyond its screen.
struct PageFrame {
  const PublicUrl& url;
  const Texts& texts;
  const Theme& theme;
  // The script, such as "prompt.js". Empty: none.
  std::string script = {};
  // Who asks, and about which account. Both may be empty.
  std::string service = {};
  std::string account = {};
  // Where the forms of the page may lead in the end: the origin of the service.
  std::string return_origin = {};
  // The address that stands for this page from now on, if it is the answer to a form.
  std::string location = {};
  // The address of the prompt, and how long it is good.
  std::string home = {};
  absl::Duration left = absl::ZeroDuration();
};

HttpResponse DrawPage(const PageFrame& frame, unsigned status, const Drawn& drawn);

// An answer that leads to another page by GET.
HttpResponse SeeOther(const std::string& location);

// A file of the page, which browsers may keep.
HttpResponse DrawFile(const std::string& content_type, const std::string& content, bool for_ever);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_PROMPT_PAGE_FRAME_H_
