#include "crypto/webauthn/authenticator_data.h"

#include "absl/status/status.h"
#include "common/status_macros.h"
#include "crypto/webauthn/cbor.h"

namespace twofold {
namespace {

constexpr size_t kHashSize = 32;
constexpr size_t kFlagsAt = kHashSize;
constexpr size_t kCountAt = kFlagsAt + 1;
constexpr size_t kFixedSize = kCountAt + 4;
constexpr size_t kAaguidSize = 16;
constexpr size_t kIdSizeSize = 2;

constexpr uint8_t kUserPresent = 0x01;
constexpr uint8_t kUserVerified = 0x04;
constexpr uint8_t kBackupEligible = 0x08;
constexpr uint8_t kBackedUp = 0x10;
constexpr uint8_t kHasCredential = 0x40;
constexpr uint8_t kHasExtensions = 0x80;

absl::Status Invalid(absl::string_view why) { return absl::InvalidArgumentError(why); }

uint32_t BigEndian(absl::string_view bytes) {
  uint32_t number = 0;
  for (const char byte : bytes) number = number << 8 | static_cast<uint8_t>(byte);
  return number;
}

// Takes the credential off `rest`.
absl::StatusOr<AttestedCredential> TakeCredential(absl::string_view& rest) {
  if (rest.size() < kAaguidSize + kIdSizeSize)
    return Invalid("authenticator data ends within the credential");
  AttestedCredential credential;
  credential.aaguid = std::string(rest.substr(0, kAaguidSize));
  const size_t id_size = BigEndian(rest.substr(kAaguidSize, kIdSizeSize));
  rest.remove_prefix(kAaguidSize + kIdSizeSize);
  if (id_size == 0 || id_size > kMaxCredentialIdSize)
    return Invalid("the credential id does not have 1 to 1,023 bytes");
  if (id_size > rest.size()) return Invalid("authenticator data ends within the credential id");
  credential.id = std::string(rest.substr(0, id_size));
  rest.remove_prefix(id_size);

  CborReader reader(rest);
  TWOFOLD_RETURN_IF_ERROR(reader.SkipMap(kMaxCborDepth));
  credential.cose_key = std::string(rest.substr(0, rest.size() - reader.rest().size()));
  rest = reader.rest();
  return credential;
}

}  // namespace

absl::StatusOr<AuthenticatorData> ParseAuthenticatorData(absl::string_view bytes, Ceremony ceremony) {
  if (bytes.size() < kFixedSize) return Invalid("authenticator data is shorter than 37 bytes");
  const auto flags = static_cast<uint8_t>(bytes[kFlagsAt]);
  AuthenticatorData data;
  data.rp_id_hash = std::string(bytes.substr(0, kHashSize));
  data.user_present = (flags & kUserPresent) != 0;
  data.user_verified = (flags & kUserVerified) != 0;
  data.backup_eligible = (flags & kBackupEligible) != 0;
  data.backed_up = (flags & kBackedUp) != 0;
  data.sign_count = BigEndian(bytes.substr(kCountAt, sizeof data.sign_count));

  absl::string_view rest = bytes.substr(kFixedSize);
  const bool has_credential = (flags & kHasCredential) != 0;
  if (has_credential != (ceremony == Ceremony::kRegistration))
    return Invalid(has_credential ? "the authenticator data of an assertion has a credential"
                                  : "the authenticator data of a registration has no credential");
  if (has_credential) {
    TWOFOLD_ASSIGN_OR_RETURN(data.credential, TakeCredential(rest));
  }
  if ((flags & kHasExtensions) != 0) {
    CborReader reader(rest);
    TWOFOLD_RETURN_IF_ERROR(reader.SkipMap(kMaxCborDepth));
    rest = reader.rest();
  }
  if (!rest.empty()) return Invalid("bytes follow the end of the authenticator data");
  return data;
}

}  // namespace twofold
