#ifndef TWOFOLD_TESTS_HARNESS_SOFTWARE_KEY_H_
#define TWOFOLD_TESTS_HARNESS_SOFTWARE_KEY_H_

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/webauthn/cose_key.h"
#include "crypto/webauthn/signing_key.h"

namespace twofold {

enum class AttestationFormat { kNone, kPackedSelf, kFidoU2f };

// How one answer of a software key differs from the right one. All changes but the last two are
// made before the key signs, so that nothing else is wrong with the answer.
struct KeyKnobs {
  // Changes a text or bytes in place.
  using Edit = std::function<void(std::string&)>;

  // The client data. Its type, its raw challenge and its origin.
  std::optional<std::string> type;
  std::optional<std::string> challenge;
  std::optional<std::string> origin;
  bool cross_origin = false;
  std::optional<std::string> top_origin;
  // The JSON text.
  Edit client_data;

  // The authenticator data. The RP ID whose digest it has, its flags and its counter.
  std::optional<std::string> rp_id;
  bool user_present = true;
  std::optional<bool> user_verified;
  std::optional<bool> backup_eligible;
  std::optional<bool> backed_up;
  std::optional<uint32_t> sign_count;
  // CBOR after the flag for extensions, or only the flag where it is empty.
  std::optional<std::string> extensions;
  // All bytes.
  Edit authenticator_data;

  // What only registrations have.
  std::optional<std::string> credential_id;
  Edit cose_key;
  // The statement, an item of CBOR.
  Edit statement;
  Edit attestation_object;

  // What only assertions have. The key that signs instead.
  std::optional<SigningKey> signer;
  std::optional<std::string> user_handle;
  Edit signature;

  // The credential before it becomes text.
  std::function<void(nlohmann::json&)> credential;
};

// A security key and the browser in front of it. It reads the options that a server makes and gives
// what PublicKeyCredential.toJSON() gives. A copy is a clone of the key. Not thread-safe.
class SoftwareKey {
 public:
  struct Settings {
    std::string origin = "https://example.org";
    CoseAlgorithm algorithm = CoseAlgorithm::kEs256;
    AttestationFormat format = AttestationFormat::kNone;
    // Whether it has seen its owner's finger or PIN.
    bool verifies_user = true;
    // Whether it is a synced passkey, whose counter stays zero.
    bool synced = false;
  };

  explicit SoftwareKey(Settings settings) : settings_(std::move(settings)) {}

  // Registers. `options_json` is a PublicKeyCredentialCreationOptionsJSON, and the answer is a
  // RegistrationResponseJSON. FAILED_PRECONDITION if the options do not offer the key's algorithm,
  // or their RP ID is not that of the origin. ALREADY_EXISTS if they exclude a credential of this
  // key. INVALID_ARGUMENT if they are malformed.
  absl::StatusOr<std::string> Create(absl::string_view options_json, const KeyKnobs& knobs = {});

  // Logs in with the newest credential that the options allow. `options_json` is a
  // PublicKeyCredentialRequestOptionsJSON, and the answer is an AuthenticationResponseJSON.
  // NOT_FOUND if they allow none of this key. Other errors are those of Create.
  absl::StatusOr<std::string> Get(absl::string_view options_json, const KeyKnobs& knobs = {});

  // It has one after the first registration.
  const std::string& newest_credential_id() const { return credentials_.back().id; }

 private:
  struct Credential {
    std::string id;
    std::string rp_id;
    std::string user_handle;
    SigningKey key;
    uint32_t sign_count = 0;
  };

  std::string ClientData(absl::string_view type, const std::string& challenge, const KeyKnobs& knobs) const;
  // Without what registrations have, and without extensions.
  std::string FixedData(const Credential& credential, uint8_t flags, const KeyKnobs& knobs) const;
  std::string Statement(const Credential& credential, absl::string_view cose_key, absl::string_view data,
                        absl::string_view client_data) const;

  Settings settings_;
  std::vector<Credential> credentials_;
};

// Options as a server makes them, for tests without one.
std::string CreationOptions(absl::string_view rp_id, absl::string_view challenge);
std::string RequestOptions(absl::string_view rp_id, absl::string_view challenge,
                           absl::string_view credential_id);

}  // namespace twofold

#endif  // TWOFOLD_TESTS_HARNESS_SOFTWARE_KEY_H_
