#include "tests/webauthn/opinions.h"

#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>
#include <fido/es384.h>
#include <fido/rs256.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "crypto/bytes.h"
#include "tests/harness/cbor.h"
#include "tests/harness/tool.h"
#include "tests/webauthn/ceremony.h"

namespace twofold {
namespace {

template <typename T, void (*Free)(T**)>
struct FidoFree {
  void operator()(T* object) const { Free(&object); }
};

using Cred = std::unique_ptr<fido_cred_t, FidoFree<fido_cred_t, fido_cred_free>>;
using Assert = std::unique_ptr<fido_assert_t, FidoFree<fido_assert_t, fido_assert_free>>;

// The members of an attestation object as they lie in it, also where they are malformed: libfido2
// takes them one by one.
struct Members {
  std::string format;
  absl::string_view statement;
  absl::string_view data;
};

// The content of a byte string, or what there is of it.
absl::string_view WithoutHead(absl::string_view item) {
  if (item.empty()) return item;
  constexpr size_t kOneByteFollows = 24;
  size_t length = static_cast<uint8_t>(item.front()) & 0x1F;
  const size_t bytes = length < kOneByteFollows ? 0 : size_t{1} << (length - kOneByteFollows);
  item.remove_prefix(1);
  if (bytes > 0) length = 0;
  for (const char byte : item.substr(0, bytes)) length = length << 8 | static_cast<uint8_t>(byte);
  item.remove_prefix(std::min(bytes, item.size()));
  return item.substr(0, length);
}

Members Split(absl::string_view object) {
  const std::string format_key = CborText("fmt");
  const std::string statement_key = CborText("attStmt");
  const std::string data_key = CborText("authData");
  Members members;
  const size_t format_at = object.find(format_key);
  const size_t statement_at = object.find(statement_key);
  const size_t data_at = object.find(data_key);
  if (format_at == absl::string_view::npos || data_at == absl::string_view::npos ||
      statement_at == absl::string_view::npos || statement_at > data_at)
    return members;
  const absl::string_view format = object.substr(format_at + format_key.size());
  members.format = std::string(format.substr(1, static_cast<uint8_t>(format.front()) & 0x1F));
  members.statement =
      object.substr(statement_at + statement_key.size(), data_at - statement_at - statement_key.size());
  members.data = WithoutHead(object.substr(data_at + data_key.size()));
  return members;
}

// The type of the key is told first. It is tried with each that libfido2 knows.
Cred ParsedRegistration(const Evidence& evidence) {
  const Members members = Split(evidence.attestation_object);
  for (const int type : {COSE_ES256, COSE_ES384, COSE_EDDSA, COSE_RS256}) {
    Cred cred(fido_cred_new());
    const auto bytes = [](absl::string_view text) { return AsBytes(text).data(); };
    if (fido_cred_set_type(cred.get(), type) == FIDO_OK &&
        fido_cred_set_rp(cred.get(), kRpId, "Example") == FIDO_OK &&
        fido_cred_set_fmt(cred.get(), members.format.c_str()) == FIDO_OK &&
        fido_cred_set_clientdata(cred.get(), bytes(evidence.client_data), evidence.client_data.size()) ==
            FIDO_OK &&
        fido_cred_set_authdata_raw(cred.get(), bytes(members.data), members.data.size()) == FIDO_OK &&
        fido_cred_set_attstmt(cred.get(), bytes(members.statement), members.statement.size()) == FIDO_OK)
      return cred;
  }
  return nullptr;
}

bool AcceptsRegistration(const Evidence& evidence) {
  const Cred cred = ParsedRegistration(evidence);
  if (cred == nullptr) return false;
  // Without an attestation it verifies nothing.
  if (absl::string_view(fido_cred_fmt(cred.get())) == "none") return true;
  if (fido_cred_x5c_ptr(cred.get()) == nullptr) return fido_cred_verify_self(cred.get()) == FIDO_OK;
  return fido_cred_verify(cred.get()) == FIDO_OK;
}

template <typename Key, Key* (*New)(), void (*Free)(Key**), int (*Set)(Key*, const void*, size_t)>
bool Verifies(const fido_assert_t* assertion, int type, const fido_cred_t* cred) {
  const std::unique_ptr<Key, FidoFree<Key, Free>> key(New());
  return Set(key.get(), fido_cred_pubkey_ptr(cred), fido_cred_pubkey_len(cred)) == FIDO_OK &&
         fido_assert_verify(assertion, 0, type, key.get()) == FIDO_OK;
}

bool VerifiesWithKeyOf(const fido_assert_t* assertion, const fido_cred_t* cred) {
  const int type = fido_cred_type(cred);
  switch (type) {
    case COSE_ES256:
      return Verifies<es256_pk_t, es256_pk_new, es256_pk_free, es256_pk_from_ptr>(assertion, type, cred);
    case COSE_ES384:
      return Verifies<es384_pk_t, es384_pk_new, es384_pk_free, es384_pk_from_ptr>(assertion, type, cred);
    case COSE_EDDSA:
      return Verifies<eddsa_pk_t, eddsa_pk_new, eddsa_pk_free, eddsa_pk_from_ptr>(assertion, type, cred);
    default:
      return Verifies<rs256_pk_t, rs256_pk_new, rs256_pk_free, rs256_pk_from_ptr>(assertion, type, cred);
  }
}

// The key comes out of the registration, whatever is thought of its attestation.
Cred KeyOf(Evidence evidence) {
  const Members members = Split(evidence.attestation_object);
  const std::string bare = CborMap({{CborText("fmt"), CborText("none")},
                                    {CborText("attStmt"), CborMap({})},
                                    {CborText("authData"), CborBytes(members.data)}});
  evidence.attestation_object = bare;
  return ParsedRegistration(evidence);
}

bool AcceptsLogin(const Evidence& evidence) {
  const Cred cred = KeyOf(evidence);
  const Assert assertion(fido_assert_new());
  const auto bytes = [](absl::string_view text) { return AsBytes(text).data(); };
  return cred != nullptr && fido_assert_set_count(assertion.get(), 1) == FIDO_OK &&
         fido_assert_set_rp(assertion.get(), kRpId) == FIDO_OK &&
         fido_assert_set_up(assertion.get(), FIDO_OPT_TRUE) == FIDO_OK &&
         fido_assert_set_clientdata(assertion.get(), bytes(evidence.client_data),
                                    evidence.client_data.size()) == FIDO_OK &&
         fido_assert_set_authdata_raw(assertion.get(), 0, bytes(evidence.authenticator_data),
                                      evidence.authenticator_data.size()) == FIDO_OK &&
         fido_assert_set_sig(assertion.get(), 0, bytes(evidence.signature), evidence.signature.size()) ==
             FIDO_OK &&
         VerifiesWithKeyOf(assertion.get(), cred.get());
}

}  // namespace

bool Libfido2Accepts(const Evidence& evidence) {
  static const bool ready = [] {
    fido_init(0);
    return true;
  }();
  static_cast<void>(ready);
  return evidence.is_login ? AcceptsLogin(evidence) : AcceptsRegistration(evidence);
}

std::vector<bool> PythonFido2Accepts(const std::vector<Evidence>& all, std::vector<std::string>& reasons) {
  std::string input;
  for (const Evidence& evidence : all) {
    nlohmann::json asked = {{"rp_id", kRpId},
                            {"challenge", absl::BytesToHexString(evidence.challenge)},
                            {"client_data", absl::BytesToHexString(evidence.client_data)},
                            {"object", absl::BytesToHexString(evidence.attestation_object)}};
    if (evidence.is_login) {
      asked["data"] = absl::BytesToHexString(evidence.authenticator_data);
      asked["signature"] = absl::BytesToHexString(evidence.signature);
    }
    absl::StrAppend(&input, asked.dump(), "\n");
  }
  const ToolResult result = RunTool({"/usr/bin/python3", "-B", "tests/webauthn/judge.py"}, input);
  reasons = absl::StrSplit(result.out + result.err, '\n', absl::SkipEmpty());
  std::vector<bool> accepted;
  for (const std::string& line : reasons) accepted.push_back(line == "accepted");
  return accepted;
}

}  // namespace twofold
