#include "crypto/webauthn/attestation_object.h"

#include "absl/status/status.h"
#include "common/status_macros.h"
#include "crypto/webauthn/cbor.h"

namespace twofold {
namespace {

constexpr size_t kMembers = 3;
constexpr absl::string_view kEmptyMap = "\xA0";

absl::Status Invalid(absl::string_view why) { return absl::InvalidArgumentError(why); }

absl::Status TakeKey(CborReader& reader, absl::string_view name) {
  TWOFOLD_ASSIGN_OR_RETURN(const absl::string_view key, reader.TakeText());
  if (key != name) return Invalid("the attestation object has other members than fmt, attStmt and authData");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<AuthenticatorData> ParseAttestationObject(absl::string_view bytes) {
  CborReader reader(bytes);
  TWOFOLD_ASSIGN_OR_RETURN(const size_t members, reader.TakeMap());
  if (members != kMembers) return Invalid("the attestation object does not have three members");

  TWOFOLD_RETURN_IF_ERROR(TakeKey(reader, "fmt"));
  TWOFOLD_ASSIGN_OR_RETURN(const absl::string_view format, reader.TakeText());

  TWOFOLD_RETURN_IF_ERROR(TakeKey(reader, "attStmt"));
  const absl::string_view from = reader.rest();
  // The attestation object is the first level.
  TWOFOLD_RETURN_IF_ERROR(reader.SkipMap(kMaxCborDepth - 1));
  const absl::string_view statement = from.substr(0, from.size() - reader.rest().size());
  if (format == "none" && statement != kEmptyMap)
    return Invalid("the attestation object has the format none and a statement");

  TWOFOLD_RETURN_IF_ERROR(TakeKey(reader, "authData"));
  TWOFOLD_ASSIGN_OR_RETURN(const absl::string_view data, reader.TakeBytes());
  TWOFOLD_RETURN_IF_ERROR(reader.Finish());
  return ParseAuthenticatorData(data, Ceremony::kRegistration);
}

}  // namespace twofold
