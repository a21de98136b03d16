#include "tests/webauthn/disagreements.h"

namespace twofold {
namespace {

const std::vector<std::string> kRegistration = {"registration"};
const std::vector<std::string> kLogin = {"login"};
const std::vector<std::string> kBoth = {"registration", "login"};

std::vector<Disagreement> OnValidAnswers() {
  return {
      {"ar",
       "python-fido2 parses the algorithm's keys and does not verify with them",
       {"vector login"},
       {"packed-es384"}},
      {"ra",
       "libfido2 does not know the algorithm, and python-fido2 does not look at the key",
       {"vector registration"},
       {"packed-es512", "packed-ed448"}},
      {"rr", "neither knows the algorithm", {"vector login"}, {"packed-es512", "packed-ed448"}},
      {"ra",
       "libfido2 takes no other modulus than one of 2,048 bits",
       {"vector registration", "vector login"},
       {"packed-rs256"}},
      {"rr",
       "libfido2 1.12 reports an internal error, and python-fido2 0.9.1 a member that does not exist",
       {"vector registration"},
       {"tpm-es256"}},
      {"rr", "neither knows the format of the attestation", {"vector registration"}, {"android-key-es256"}},
      {"ra",
       "libfido2 does not know the format of the attestation",
       {"vector registration"},
       {"apple-es256"}},
  };
}

std::vector<Disagreement> OnClientData() {
  return {
      {"ar",
       "libfido2 sees a digest of the client data, and leaves their content to its caller",
       kBoth,
       {"another origin", "another scheme", "an origin with a zero byte", "no origin in its member",
        "another challenge", "an empty challenge", "the type of the other ceremony", "an unknown type",
        "client data that is not JSON", "client data that is cut off", "client data with bytes after it",
        "client data with a zero byte after it", "no challenge", "no type"}},
      {"ar",
       "python-fido2 takes the last one of equal keys, which is the wrong one here",
       kBoth,
       {"the origin twice", "the origin twice, once spelled otherwise"}},
      {"aa",
       "python-fido2 takes every host below the RP ID, in any case, with any port and path",
       kBoth,
       {"a neighbouring origin", "another port", "an origin with a slash", "an origin in capitals"}},
      {"aa",
       "python-fido2 0.9.1 looks at neither member",
       kBoth,
       {"crossOrigin", "topOrigin", "an empty topOrigin"}},
      {"aa", "python-fido2 has no such bound", kBoth, {"client data of 4,097 bytes"}},
      {"aa", "python-fido2 takes base64url with and without padding", kBoth, {"the challenge with padding"}},
      {"aa",
       "neither is told the id beside the data, or compares it",
       kBoth,
       {"the id of another credential"}},
  };
}

std::vector<Disagreement> OnAuthenticatorData() {
  return {
      {"ar",
       "libfido2 ignores what follows the authenticator data",
       kBoth,
       {"two maps of extensions", "extensions without their flag",
        "five bytes after the authenticator data"}},
      {"ra", "python-fido2 takes any item of CBOR", kBoth, {"extensions that are no map"}},
      {"aa", "neither compares the flags of backups", kBoth, {"backed up without being eligible"}},
      {"ar",
       "libfido2 verifies nothing without an attestation",
       kRegistration,
       {"user not present", "another RP ID", "a bit of the RP ID's digest"}},
      {"ar",
       "libfido2 ignores the credential in an assertion",
       kLogin,
       {"the flag of a credential, and garbage", "the flag of a credential alone"}},
      {"aa",
       "both leave what is stored of a key to their callers",
       kLogin,
       {"backup eligible, other than at the registration", "the counter of the last login",
        "an older counter", "a counter of zero", "another user handle"}},
      {"ra",
       "python-fido2 takes a string that ends early for a shorter one",
       kRegistration,
       {"authenticator data that is cut off", "an attestation object that is cut off"}},
      {"ra", "python-fido2 takes authenticator data without a credential", kRegistration, {"no credential"}},
  };
}

std::vector<Disagreement> OnNewCredentials() {
  return {
      {"aa",
       "neither looks at the point when a key registers",
       kRegistration,
       {"a point that is not on the curve", "a point of zeros", "a key of Ed25519 of zeros",
        "a key without its last parameter"}},
      {"aa", "neither is told the id beside the data", kRegistration, {"another id in the data"}},
      {"aa",
       "which algorithms were offered is the caller's question",
       kRegistration,
       {"an algorithm that was not offered"}},
      {"ra",
       "python-fido2 does not look at the parameters of a key",
       kRegistration,
       {"another algorithm than the key's type", "another curve than the algorithm's",
        "an RSA key of 1,024 bits"}},
      {"ra",
       "python-fido2 takes keys of maps in any order, and twice",
       kRegistration,
       {"parameters of a key out of order", "a parameter of a key twice"}},
      {"aa",
       "neither bounds an id",
       kRegistration,
       {"an id of 0 bytes", "an id of 1,024 bytes", "an id of 0 bytes in the data",
        "an id of 1,024 bytes in the data"}},
      {"ar",
       "libfido2 is given the members of the object one by one",
       kRegistration,
       {"bytes after the attestation object", "an attestation object that is an indefinite map"}},
      {"aa",
       "libfido2 is given the members of the object one by one, and python-fido2 takes any order",
       kRegistration,
       {"a member twice", "members out of order"}},
      {"ar",
       "libfido2 verifies no statement of the format none",
       kRegistration,
       {"a statement with the format none"}},
      {"-r", "libfido2 would allocate the gibibyte", kRegistration, {"a statement of a gibibyte"}},
  };
}

}  // namespace

std::vector<Disagreement> Disagreements() {
  std::vector<Disagreement> all;
  for (const auto& part : {OnValidAnswers(), OnClientData(), OnAuthenticatorData(), OnNewCredentials()})
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

}  // namespace twofold
