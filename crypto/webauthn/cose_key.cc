#include "crypto/webauthn/cose_key.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "crypto/bytes.h"
#include "crypto/openssl.h"
#include "crypto/webauthn/cbor.h"
#include "crypto/webauthn/ed25519_point.h"

namespace twofold {
namespace {

using Key = std::unique_ptr<EVP_PKEY, OpenSslFree<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, OpenSslFree<EVP_PKEY_CTX_free>>;
using Bn = std::unique_ptr<BIGNUM, OpenSslFree<BN_free>>;
using ParamBuilder = std::unique_ptr<OSSL_PARAM_BLD, OpenSslFree<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, OpenSslFree<OSSL_PARAM_free>>;

// Labels and values of RFC 9052 section 7.1, RFC 9053 section 7 and RFC 8230 section 4.
constexpr int64_t kLabelType = 1;
constexpr int64_t kLabelAlgorithm = 3;
constexpr int64_t kTypeOkp = 1;
constexpr int64_t kTypeEc2 = 2;
constexpr int64_t kTypeRsa = 3;
constexpr int64_t kLabelCurve = -1;
constexpr int64_t kLabelX = -2;
constexpr int64_t kLabelY = -3;
constexpr int64_t kLabelModulus = -1;
constexpr int64_t kLabelExponent = -2;

constexpr size_t kMinModulusSize = 2048 / 8;
constexpr size_t kMaxModulusSize = 4096 / 8;
constexpr size_t kMaxExponentSize = 4;

// What an algorithm demands of its key.
struct Form {
  CoseAlgorithm algorithm;
  int64_t type;
  // For RSA zero, as is the size.
  int64_t curve;
  // Of a coordinate, in bytes.
  size_t size;
  // OpenSSL's names of the key type or the group, and of the hash, which may be none.
  const char* name;
  const char* hash;
};

constexpr std::array<Form, 6> kForms = {{
    {CoseAlgorithm::kEs256, kTypeEc2, 1, 32, "P-256", "SHA256"},
    {CoseAlgorithm::kEdDsa, kTypeOkp, 6, 32, "ED25519", nullptr},
    {CoseAlgorithm::kEs384, kTypeEc2, 2, 48, "P-384", "SHA384"},
    {CoseAlgorithm::kEs512, kTypeEc2, 3, 66, "P-521", "SHA512"},
    {CoseAlgorithm::kEd448, kTypeOkp, 7, 57, "ED448", nullptr},
    {CoseAlgorithm::kRs256, kTypeRsa, 0, 0, "RSA", "SHA256"},
}};

// What was read of a key. The views show the input.
struct Parts {
  const Form* form = nullptr;
  absl::string_view x, y;
  absl::string_view modulus, exponent;
};

absl::Status Invalid(absl::string_view why) {
  ERR_clear_error();
  return absl::InvalidArgumentError(why);
}

absl::Status TakeLabel(CborReader& reader, int64_t label) {
  TWOFOLD_ASSIGN_OR_RETURN(const int64_t found, reader.TakeInteger());
  return found == label ? absl::OkStatus() : Invalid("the COSE key has other parameters or another order");
}

absl::StatusOr<int64_t> TakeParameter(CborReader& reader, int64_t label) {
  TWOFOLD_RETURN_IF_ERROR(TakeLabel(reader, label));
  return reader.TakeInteger();
}

absl::StatusOr<absl::string_view> TakeBytesParameter(CborReader& reader, int64_t label) {
  TWOFOLD_RETURN_IF_ERROR(TakeLabel(reader, label));
  return reader.TakeBytes();
}

absl::StatusOr<absl::string_view> TakeCoordinate(CborReader& reader, int64_t label, const Form& form) {
  TWOFOLD_ASSIGN_OR_RETURN(const absl::string_view coordinate, TakeBytesParameter(reader, label));
  if (coordinate.size() != form.size) return Invalid("the COSE key has a coordinate of the wrong size");
  return coordinate;
}

absl::Status TakePoint(CborReader& reader, Parts& parts) {
  TWOFOLD_ASSIGN_OR_RETURN(const int64_t curve, TakeParameter(reader, kLabelCurve));
  if (curve != parts.form->curve) return Invalid("the COSE key has another curve than its algorithm");
  TWOFOLD_ASSIGN_OR_RETURN(parts.x, TakeCoordinate(reader, kLabelX, *parts.form));
  if (parts.form->type == kTypeOkp) return absl::OkStatus();
  TWOFOLD_ASSIGN_OR_RETURN(parts.y, TakeCoordinate(reader, kLabelY, *parts.form));
  return absl::OkStatus();
}

absl::Status TakeRsa(CborReader& reader, Parts& parts) {
  TWOFOLD_ASSIGN_OR_RETURN(parts.modulus, TakeBytesParameter(reader, kLabelModulus));
  const absl::string_view modulus = parts.modulus;
  // The top byte is not zero (RFC 8230 section 4). The smallest size needs its top bit too.
  if (modulus.size() < kMinModulusSize || modulus.size() > kMaxModulusSize || modulus.front() == 0 ||
      (modulus.size() == kMinModulusSize && (modulus.front() & 0x80) == 0))
    return Invalid("the RSA modulus does not have 2,048 to 4,096 bits");
  TWOFOLD_ASSIGN_OR_RETURN(parts.exponent, TakeBytesParameter(reader, kLabelExponent));
  const absl::string_view exponent = parts.exponent;
  if (exponent.empty() || exponent.size() > kMaxExponentSize || exponent.front() == 0 ||
      (exponent.back() & 1) == 0 || exponent == "\x01")
    return Invalid("the RSA exponent is not an odd number of 3 to 2^32 - 1");
  return absl::OkStatus();
}

absl::StatusOr<Parts> Parse(absl::string_view cose_key) {
  CborReader reader(cose_key);
  TWOFOLD_ASSIGN_OR_RETURN(const size_t size, reader.TakeMap());
  TWOFOLD_ASSIGN_OR_RETURN(const int64_t type, TakeParameter(reader, kLabelType));
  TWOFOLD_ASSIGN_OR_RETURN(const int64_t algorithm, TakeParameter(reader, kLabelAlgorithm));
  const auto* const form = std::find_if(kForms.begin(), kForms.end(), [algorithm](const Form& known) {
    return static_cast<int64_t>(known.algorithm) == algorithm;
  });
  if (form == kForms.end()) return Invalid("the COSE key has an unknown algorithm");
  if (form->type != type) return Invalid("the COSE key has another type than its algorithm");
  Parts parts;
  parts.form = form;
  TWOFOLD_RETURN_IF_ERROR(type == kTypeRsa ? TakeRsa(reader, parts) : TakePoint(reader, parts));
  TWOFOLD_RETURN_IF_ERROR(reader.Finish());
  // Type and algorithm, and what was taken of the rest.
  const size_t expected = type == kTypeEc2 ? 5 : 4;
  if (size != expected) return Invalid("the COSE key has another number of parameters than its type");
  return parts;
}

Bn Number(absl::string_view big_endian) {
  Bn number(BN_bin2bn(AsBytes(big_endian).data(), static_cast<int>(big_endian.size()), nullptr));
  CheckOpenSsl(number != nullptr, "BN_bin2bn");
  return number;
}

// Null for parameters that are no key.
Key FromParameters(const char* type, OSSL_PARAM_BLD* builder) {
  const Params params(OSSL_PARAM_BLD_to_param(builder));
  CheckOpenSsl(params != nullptr, "OSSL_PARAM_BLD_to_param");
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  CheckOpenSsl(context != nullptr && EVP_PKEY_fromdata_init(context.get()) == 1, "EVP_PKEY_fromdata_init");
  EVP_PKEY* key = nullptr;
  EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get());
  return Key(key);
}

Key BuildEc(const Parts& parts, OSSL_PARAM_BLD* builder) {
  constexpr absl::string_view kUncompressed = "\x04";
  const std::string point = absl::StrCat(kUncompressed, parts.x, parts.y);
  CheckOpenSsl(
      OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, parts.form->name, 0) == 1 &&
          OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) == 1,
      "the parameters of an EC key");
  return FromParameters("EC", builder);
}

Key BuildRsa(const Parts& parts, OSSL_PARAM_BLD* builder) {
  const Bn modulus = Number(parts.modulus);
  const Bn exponent = Number(parts.exponent);
  CheckOpenSsl(OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus.get()) == 1 &&
                   OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent.get()) == 1,
               "the parameters of an RSA key");
  return FromParameters("RSA", builder);
}

// Null for a point that is not on its curve.
Key Build(const Parts& parts) {
  if (parts.form->type == kTypeOkp) {
    return Key(EVP_PKEY_new_raw_public_key_ex(nullptr, parts.form->name, nullptr, AsBytes(parts.x).data(),
                                              parts.x.size()));
  }
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  CheckOpenSsl(builder != nullptr, "OSSL_PARAM_BLD_new");
  return parts.form->type == kTypeEc2 ? BuildEc(parts, builder.get()) : BuildRsa(parts, builder.get());
}

}  // namespace

absl::Status CheckNewCoseKey(absl::string_view cose_key, absl::Span<const CoseAlgorithm> allowed) {
  TWOFOLD_ASSIGN_OR_RETURN(const Parts parts, Parse(cose_key));
  if (std::find(allowed.begin(), allowed.end(), parts.form->algorithm) == allowed.end())
    return Invalid("the COSE key has an algorithm that was not asked for");
  if (parts.form->algorithm == CoseAlgorithm::kEdDsa && !IsEd25519Point(parts.x))
    return Invalid("the COSE key is no usable point of Ed25519");
  const Key key = Build(parts);
  if (key == nullptr) return Invalid("the COSE key is not on its curve");
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  CheckOpenSsl(context != nullptr, "EVP_PKEY_CTX_new_from_pkey");
  if (EVP_PKEY_public_check(context.get()) != 1) return Invalid("the COSE key is not valid");
  return absl::OkStatus();
}

bool VerifyCoseSignature(absl::string_view cose_key, absl::string_view signed_bytes,
                         absl::string_view signature) {
  const absl::StatusOr<Parts> parts = Parse(cose_key);
  if (!parts.ok()) return false;
  const Key key = Build(*parts);
  const MdContext context(EVP_MD_CTX_new());
  CheckOpenSsl(context != nullptr, "EVP_MD_CTX_new");
  const bool right = key != nullptr &&
                     EVP_DigestVerifyInit_ex(context.get(), nullptr, parts->form->hash, nullptr, nullptr,
                                             key.get(), nullptr) == 1 &&
                     EVP_DigestVerify(context.get(), AsBytes(signature).data(), signature.size(),
                                      AsBytes(signed_bytes).data(), signed_bytes.size()) == 1;
  ERR_clear_error();
  return right;
}

}  // namespace twofold
