#ifndef TWOFOLD_CLIENTS_PROMPT_BROWSER_SESSION_H_
#define TWOFOLD_CLIENTS_PROMPT_BROWSER_SESSION_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "clients/prompt/http.h"

// What ties a browser to a prompt: a cookie for each prompt, and three signs that a form comes from the
// page. Pure functions.

namespace twofold {

// Whether `id` has the form of a prompt id, so that it can be a part of a cookie's name.
bool IsPromptId(absl::string_view id);

// The session of the prompt that the browser has, or an empty text.
std::string SessionOf(const HttpRequest& request, absl::string_view prompt_id);

// The value of Set-Cookie. Two prompts in two tabs have two cookies. The browser sends the cookie to this
// host alone, over TLS alone (loopback counts as such), with requests of this site alone, and shows it to
// no script.
std::string SessionCookie(absl::string_view prompt_id, absl::string_view session, absl::Duration lifetime);
std::string EndedCookie(absl::string_view prompt_id);

// What a form of the page sends along. Only who knows the session can tell it.
std::string FormToken(absl::string_view session);

// Whether the browser says that the request comes from a page of `origin`: by the header Origin, or by
// Sec-Fetch-Site where there is no origin. False where it says nothing.
bool IsSameOrigin(const HttpRequest& request, absl::string_view origin);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_PROMPT_BROWSER_SESSION_H_
