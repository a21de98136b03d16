#ifndef TWOFOLD_CLIENTS_CPP_PROMPT_H_
#define TWOFOLD_CLIENTS_CPP_PROMPT_H_

#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "clients/cpp/client.h"
#include "clients/cpp/result.h"
#include "twofold/v1/prompt_service.pb.h"

namespace twofold {

// Lets Twofold show the page on which a user passes the second factor:
//
//  1. Call StartPrompt when the password was right. Keep `pending` in the session that your service
//     has with this browser, and redirect the browser to `url`.
//  2. The browser comes back to the return URL. Take the pending prompt out of the session, so that it
//     serves once, and call FinishPrompt.
//  3. Sign the user in where Match calls the handler of PromptOutcome::Passed, and nowhere else. Give
//     the browser a new session then.
//
//      FinishPrompt(client, std::move(pending), answer)
//          .Match([&](const PromptOutcome::Passed& passed) { SignIn(passed.user_id()); },
//                 [&](const PromptOutcome::Cancelled&) { ShowSignIn("You have not finished."); },
//                 [&](const PromptOutcome::WrongSession&) { ShowSignIn("Please sign in here."); },
//                 [&](const PromptOutcome::Refused&) { ShowSignIn("Please try again."); },
//                 [&](const PromptOutcome::Unavailable&) { ShowSignIn("Please try again later."); });
//
// The cookie of the session must be SameSite=Lax. A browser that comes back from another site does not
// send a Strict one.

struct StartedPrompt;

// What a service keeps while the browser is at the page. A plain value that can be copied.
//
// It says who signs in, so it stays in the service: in the session's storage, or in a cookie that the
// service seals. The same session can hold several of them, such as one for each tab, under their
// state().
class PendingPrompt {
 public:
  // Reads what Serialize wrote. Returns nullopt for every other text.
  static std::optional<PendingPrompt> Parse(absl::string_view text);
  // One line of printable ASCII without spaces, quotes, commas and semicolons.
  std::string Serialize() const;

  const std::string& tenant() const { return tenant_; }
  const std::string& user_id() const { return user_id_; }
  const std::string& prompt_id() const { return prompt_id_; }
  // 192 random bits that come back with the browser.
  const std::string& state() const { return state_; }
  v1::PromptPurpose purpose() const { return purpose_; }

 private:
  friend Result<StartedPrompt> StartPrompt(TwofoldClient& client, v1::CreatePromptRequest request);
  PendingPrompt() = default;

  std::string tenant_;
  std::string user_id_;
  std::string prompt_id_;
  std::string state_;
  v1::PromptPurpose purpose_ = v1::PROMPT_PURPOSE_UNSPECIFIED;
};

struct StartedPrompt {
  PendingPrompt pending;
  // Where the browser goes. Whoever opens it first has it, so it is for this browser alone.
  std::string url;
  // When the page ends, by the server's clock.
  absl::Time expire_time;
  // Whether the user has a second factor. A user without one cannot pass PROMPT_PURPOSE_SIGN_IN.
  bool second_factor_required = false;
};

// The parameters of the return URL, percent-decoded. One that is absent stays empty.
struct PromptAnswer {
  std::string state = {};
  std::string twofold_code = {};
  std::string error = {};
};

// How a prompt ended. A plain value that can be copied. It has no default and is neither true nor
// false. Only Match reads it, and Match demands a handler for every case.
class [[nodiscard]] PromptOutcome {
  template <typename Handler, typename... Cases>
  static constexpr bool HandlesOneOf = (int{std::is_invocable_v<Handler, const Cases&>} + ...) == 1;

 public:
  // The user has passed what the prompt was for. Only FinishPrompt makes one.
  class Passed {
   public:
    // The user for whom the service created the prompt. The browser had no say in it.
    const std::string& tenant() const { return tenant_; }
    const std::string& user_id() const { return user_id_; }
    const v1::RedeemPromptResponse& response() const { return response_; }

   private:
    friend PromptOutcome FinishPrompt(TwofoldClient&, std::optional<PendingPrompt>, PromptAnswer);
    Passed() = default;

    std::string tenant_;
    std::string user_id_;
    v1::RedeemPromptResponse response_;
  };

  // The browser came back without having passed.
  struct Cancelled {
    enum class Why {
      kUserWentBack,
      // The user has none of the methods any more. Lead to your help desk.
      kLostAllMethods,
      // The time was up, or the link was used before. Start another prompt.
      kExpired,
      // Another error, such as one of a newer server.
      kOther,
    };
    Why why;
  };

  // This session has not started the prompt. Somebody else may have sent the link to the user. Nothing
  // was redeemed.
  struct WrongSession {};

  // The server refused the code, or called the request wrong.
  struct Refused {
    CallError error;
  };

  // The server gave no answer in time. The code may be used up, so start another prompt.
  struct Unavailable {
    CallError error;
  };

  // Calls the handler of the case and returns its result, whose type all handlers share. There is a
  // lambda for each of the five cases. One that takes any type does not compile.
  template <typename... Handlers>
    requires(sizeof...(Handlers) == 5 &&
             (HandlesOneOf<Handlers, WrongSession, Cancelled, Refused, Unavailable, Passed> && ...))
  auto Match(Handlers&&... handlers) const {
    return std::visit(Overloaded<std::decay_t<Handlers>...>{std::forward<Handlers>(handlers)...}, value_);
  }

 private:
  using Cases = std::variant<WrongSession, Cancelled, Refused, Unavailable, Passed>;

  template <typename... Handlers>
  struct Overloaded : Handlers... {
    using Handlers::operator()...;
  };

  friend PromptOutcome FinishPrompt(TwofoldClient&, std::optional<PendingPrompt>, PromptAnswer);
  explicit PromptOutcome(Cases value) : value_(std::move(value)) {}

  Cases value_;
};

// Creates a prompt with a random `state`, which replaces the one in the request. Blocks as the calls of
// TwofoldClient do.
Result<StartedPrompt> StartPrompt(TwofoldClient& client, v1::CreatePromptRequest request);

// Compares the state in constant time, and redeems the code for the user and the purpose of `pending`.
// It asks the server nothing unless the state is right and the browser brought no error. Without a
// pending prompt the session is wrong. Blocks as the calls of TwofoldClient do.
PromptOutcome FinishPrompt(TwofoldClient& client, std::optional<PendingPrompt> pending, PromptAnswer answer);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_CPP_PROMPT_H_
