#ifndef TWOFOLD_SERVER_METHODS_WEBAUTHN_OPTIONS_JSON_H_
#define TWOFOLD_SERVER_METHODS_WEBAUTHN_OPTIONS_JSON_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/methods/webauthn/relying_party.h"

// What the browser is given, as PublicKeyCredential.parseCreationOptionsFromJSON() and
// parseRequestOptionsFromJSON() read it (WebAuthn Level 3, 5.1.8 and 5.1.9). Pure functions. Texts are
// valid UTF-8. Ids, handles and challenges are bytes.

namespace twofold {

// A key of the subject, so that the browser can recognise it.
struct KnownKey {
  std::string credential_id;
  std::vector<std::string> transports;
};

struct CreationOptions {
  absl::string_view challenge;
  absl::string_view user_handle;
  // The name that the browser shows for the account.
  absl::string_view account_name;
  // A key that the subject has cannot be registered again.
  std::vector<KnownKey> excluded;
};

std::string CreationOptionsJson(const RelyingParty& party, const CreationOptions& options);

std::string RequestOptionsJson(const RelyingParty& party, absl::string_view challenge,
                               const std::vector<KnownKey>& allowed);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_METHODS_WEBAUTHN_OPTIONS_JSON_H_
