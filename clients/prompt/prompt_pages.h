#ifndef TWOFOLD_CLIENTS_PROMPT_PROMPT_PAGES_H_
#define TWOFOLD_CLIENTS_PROMPT_PROMPT_PAGES_H_

#include <memory>
#include <string>

#include "clients/prompt/client_address.h"
#include "clients/prompt/http.h"
#include "clients/prompt/prompt_api.h"
#include "clients/prompt/public_url.h"
#include "clients/prompt/theme.h"
#include "common/clock.h"
#include "common/task.h"

namespace twofold {

struct PageSettings {
  PublicUrl url;
  TrustedProxies trusted_proxies;
  Theme theme;
  const Clock& clock;
};

// Answers browsers: /start takes a link, /p/ID shows the prompt, /p/ID/ACTION does what a form says. It
// keeps nothing between two requests, so any process can answer each of them. The functions run on one
// thread.
class PromptPages {
 public:
  // `api` outlives it.
  PromptPages(PromptApi& api, PageSettings settings) : api_(api), settings_(std::move(settings)) {}

  // It does not throw.
  Task<HttpResponse> Handle(HttpRequest request);

 private:
  Task<HttpResponse> Route(const HttpRequest& request);
  Task<HttpResponse> Open(const HttpRequest& request);
  HttpResponse File(absl::string_view path) const;

  PromptApi& api_;
  const PageSettings settings_;
};

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_PROMPT_PROMPT_PAGES_H_
