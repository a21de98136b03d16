#ifndef TWOFOLD_CLIENTS_CPP_CHALLENGE_H_
#define TWOFOLD_CLIENTS_CPP_CHALLENGE_H_

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "twofold/v1/two_factor_service.pb.h"

namespace twofold {

// A challenge that waits for its answer. Nobody has passed a second factor yet. It is a type of its
// own, so that no function that takes a VerifyResponse takes it. A plain value.
class Challenge {
 public:
  // Returns nullopt if the response has neither options nor a sent code, because a newer server made
  // it for a type that this client does not know.
  static std::optional<Challenge> Read(v1::StartChallengeResponse response);

  // Goes back with the answer. It is no secret of the user, but keep it in the user's session. It is
  // empty for the code that confirms a pending method, which ConfirmEnrollment takes without it.
  const std::string& id() const { return response_.challenge_id(); }
  // When the answer comes too late, by the server's clock.
  absl::Time expire_time() const;
  v1::MethodType type() const { return response_.type(); }

  // Exactly one of these two is not null. The object owns both.
  //
  // The options for navigator.credentials.get() in the browser, in JSON.
  const std::string* security_key_options() const;
  // Where the code went, and when it may be sent again.
  const v1::SentCode* sent_code() const;

  // The whole message.
  const v1::StartChallengeResponse& response() const { return response_; }

 private:
  explicit Challenge(v1::StartChallengeResponse response);

  v1::StartChallengeResponse response_;
};

// What a security key says of a login.
struct KeyFacts {
  // The key checked its user by a PIN or a fingerprint. Otherwise somebody only touched the key.
  bool user_verified = false;
  // The key is copied to other devices of its owner, so that it can be used there too.
  bool backed_up = false;
};

// Returns nullopt if no security key accepted the login. Other methods have no such facts.
std::optional<KeyFacts> KeyFactsOf(const v1::VerifyResponse& response);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_CPP_CHALLENGE_H_
