#ifndef TWOFOLD_CLIENTS_PROMPT_VISIT_H_
#define TWOFOLD_CLIENTS_PROMPT_VISIT_H_

#include <functional>
#include <string>

#include "clients/prompt/http.h"
#include "clients/prompt/prompt_api.h"
#include "clients/prompt/prompt_pages.h"
#include "clients/prompt/screens/screen.h"
#include "clients/prompt/texts/texts.h"
#include "common/task.h"

namespace twofold {

// One request of a browser about one prompt.
class Visit {
 public:
  // All of these outlive the visit.
  Visit(PromptApi& api, const PageSettings& settings, const HttpRequest& request,
        absl::string_view prompt_id);

  // Whether the browser has a session of the prompt.
  bool has_session() const { return !session_.empty(); }

  // Shows the screen that the query asks for.
  Task<HttpResponse> Show();
  // Does what the form says, and shows what comes next.
  Task<HttpResponse> Act(absl::string_view action);

 private:
  Task<HttpResponse> Verify();
  Task<HttpResponse> Challenge();
  Task<HttpResponse> Enroll();
  Task<HttpResponse> Resend();
  Task<HttpResponse> Confirm();
  // Draws the step of the confirmation once more.
  Task<HttpResponse> ConfirmAgain(CallError error);
  Task<HttpResponse> Finish();
  // Does the action. `draw` makes the page of what comes next. An error is shown, and a prompt that is
  // over is left.
  using Draw = std::function<HttpResponse(const Screen& screen, const v1::ActOnPromptResponse& acted)>;
  Task<HttpResponse> ActAndDraw(v1::ActOnPromptRequest request, Draw draw);
  // An action with nothing to show but the list or the next screen.
  Task<HttpResponse> Change(v1::ActOnPromptRequest request);
  // Loads the prompt, and draws the screen at the query with the error.
  Task<HttpResponse> ShowError(CallError error);

  v1::ActOnPromptRequest NewAction() const;
  std::string Field(absl::string_view name) const;
  // What the form answers with: a code, or what a security key made.
  template <typename Action>
  void SetAnswer(Action& action) const {
    const std::string credential = Field("credential");
    if (credential.empty()) {
      action.set_code(Field("code"));
    } else {
      action.set_webauthn_credential_json(credential);
    }
  }
  // In the language of the prompt, which all later texts have.
  Screen NewScreen(v1::PromptView view);
  // The new emergency codes if there are any, else the screen that comes next.
  HttpResponse DrawChanged(const Screen& screen, const v1::ActOnPromptResponse& acted) const;
  // With `drawn` as the answer to a form.
  HttpResponse Page(const Screen& screen, const Drawn& drawn, unsigned status = 200) const;
  // The screen that belongs to the prompt's state and to the query.
  Drawn DrawAt(const Screen& screen) const;
  // An error that no screen of the prompt can show.
  HttpResponse Failed(const CallError& error) const;
  HttpResponse Leave(const std::string& return_url) const;

  PromptApi& api_;
  const PageSettings& settings_;
  const HttpRequest& request_;
  const std::string prompt_id_;
  const std::string session_;
  const std::string base_;
  Texts texts_;
};

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_PROMPT_VISIT_H_
