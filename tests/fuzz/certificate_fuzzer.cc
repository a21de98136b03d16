// ReadCertificate and CheckKeyBelongs take files that an operator names. An input is PEM, or the
// DER of a certificate, in which a fuzzer changes a length or a name and not one character of
// base64.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "crypto/certificate.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

std::string ToPem(const std::string& der) {
  constexpr size_t kLine = 64;
  const std::string text = absl::Base64Escape(der);
  std::string pem = "-----BEGIN CERTIFICATE-----\n";
  for (size_t at = 0; at < text.size(); at += kLine) absl::StrAppend(&pem, text.substr(at, kLine), "\n");
  return pem + "-----END CERTIFICATE-----\n";
}

void Check(const std::string& pem) {
  const auto certificate = twofold::ReadCertificate(pem);
  Require(certificate.ok() || absl::IsInvalidArgument(certificate.status()));
  // A file may hold the key as well.
  const absl::Status belongs = twofold::CheckKeyBelongs(pem, pem);
  Require(belongs.ok() || absl::IsInvalidArgument(belongs));
  if (!certificate.ok()) return Require(!belongs.ok());
  for (const std::string& identity : certificate->identities) {
    const size_t colon = identity.find(':');
    const std::string type = identity.substr(0, colon);
    Require(type == "uri" || type == "dns" || type == "email");
    Require(colon + 1 < identity.size());
  }
  twofold::CheckTime(*certificate, absl::UnixEpoch()).IgnoreError();
}

void Run(const uint8_t* data, size_t size) {
  const std::string text(data, data + size);
  Check(text);
  if (!absl::StartsWith(text, "-----")) Check(ToPem(text));
}

[[maybe_unused]] const bool kAdded = twofold::AddFuzzTarget("certificate", &Run, 500);

}  // namespace
