// Two other implementations judge the same bytes. Where they disagree with this one, a table says
// why. A row that is no longer true fails.

#include "tests/webauthn/opinions.h"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/hex.h"
#include "server/methods/webauthn/client_data.h"
#include "tests/vectors/webauthn_level3.h"
#include "tests/webauthn/ceremony.h"
#include "tests/webauthn/disagreements.h"

namespace twofold {
namespace {

// One answer and whether the server accepts it.
struct Case {
  std::string name;
  bool accepted;
  Evidence evidence;
};

std::string Decoded(const nlohmann::json& value) {
  std::string bytes;
  EXPECT_TRUE(absl::WebSafeBase64Unescape(value.get<std::string>(), &bytes));
  return bytes;
}

Evidence OfRegistration(const std::string& credential) {
  const nlohmann::json response = nlohmann::json::parse(credential)["response"];
  Evidence evidence;
  evidence.challenge = kChallenge;
  evidence.client_data = Decoded(response["clientDataJSON"]);
  evidence.attestation_object = Decoded(response["attestationObject"]);
  return evidence;
}

Evidence OfLogin(const std::string& registration, const std::string& credential) {
  const nlohmann::json response = nlohmann::json::parse(credential)["response"];
  Evidence evidence = OfRegistration(registration);
  evidence.is_login = true;
  evidence.client_data = Decoded(response["clientDataJSON"]);
  evidence.authenticator_data = Decoded(response["authenticatorData"]);
  evidence.signature = Decoded(response["signature"]);
  return evidence;
}

void AddVectors(std::vector<Case>& cases) {
  for (const WebauthnVector& vector : kWebauthnVectors) {
    Evidence evidence;
    evidence.attestation_object = BytesOfHex(vector.attestation_object);
    evidence.client_data = BytesOfHex(vector.registration_client_data);
    evidence.challenge = ParseClientData(evidence.client_data).value().challenge;
    cases.push_back({absl::StrCat("vector registration: ", vector.name), true, evidence});
    evidence.is_login = true;
    evidence.client_data = BytesOfHex(vector.client_data);
    evidence.challenge = ParseClientData(evidence.client_data).value().challenge;
    evidence.authenticator_data = BytesOfHex(vector.authenticator_data);
    evidence.signature = BytesOfHex(vector.signature);
    cases.push_back({absl::StrCat("vector login: ", vector.name), true, evidence});
  }
}

void AddSoftwareKeys(std::vector<Case>& cases) {
  const auto add = [&cases](absl::string_view name, CoseAlgorithm algorithm, AttestationFormat format) {
    SoftwareKey::Settings settings;
    settings.algorithm = algorithm;
    settings.format = format;
    Registered registered(settings);
    cases.push_back(
        {absl::StrCat("key registration: ", name), true, OfRegistration(registered.registration)});
    cases.push_back(
        {absl::StrCat("key login: ", name), true, OfLogin(registered.registration, registered.Login())});
  };
  add("none-es256", CoseAlgorithm::kEs256, AttestationFormat::kNone);
  add("none-eddsa", CoseAlgorithm::kEdDsa, AttestationFormat::kNone);
  add("none-rs256", CoseAlgorithm::kRs256, AttestationFormat::kNone);
  add("packed-self-es256", CoseAlgorithm::kEs256, AttestationFormat::kPackedSelf);
  add("packed-self-eddsa", CoseAlgorithm::kEdDsa, AttestationFormat::kPackedSelf);
  add("packed-self-rs256", CoseAlgorithm::kRs256, AttestationFormat::kPackedSelf);
  add("fido-u2f", CoseAlgorithm::kEs256, AttestationFormat::kFidoU2f);
}

bool IsAccepted(Noticed noticed) {
  return noticed == Noticed::kNever || noticed == Noticed::kByUserVerification;
}

// The others take bytes and no credential in JSON.
bool IsOfJsonAlone(const OddCredential& odd) {
  return odd.noticed == Noticed::kByJson && odd.knobs.credential != nullptr;
}

void AddOdd(std::vector<Case>& cases) {
  for (const OddCredential& odd : OddRegistrations()) {
    if (IsOfJsonAlone(odd)) continue;
    SoftwareKey key({});
    cases.push_back({absl::StrCat("registration: ", odd.name), IsAccepted(odd.noticed),
                     OfRegistration(Register(key, odd.knobs))});
  }
  Registered registered;
  for (const OddCredential& odd : OddAssertions()) {
    if (IsOfJsonAlone(odd)) continue;
    Registered one = registered;
    cases.push_back({absl::StrCat("login: ", odd.name), IsAccepted(odd.noticed),
                     OfLogin(registered.registration, one.Login(odd.knobs))});
  }
}

std::vector<Case> AllCases() {
  std::vector<Case> cases;
  AddVectors(cases);
  AddSoftwareKeys(cases);
  AddOdd(cases);
  return cases;
}

// What the others say by the name of the case, where they disagree.
std::map<std::string, std::string> Table() {
  std::map<std::string, std::string> table;
  for (const Disagreement& row : Disagreements()) {
    EXPECT_FALSE(row.why.empty());
    for (const std::string& about : row.about) {
      for (const std::string& name : row.names)
        EXPECT_TRUE(table.emplace(absl::StrCat(about, ": ", name), row.others).second) << name;
    }
  }
  return table;
}

TEST(Opinions, OthersAgreeOrTheTableSaysWhy) {
  const std::vector<Case> cases = AllCases();
  std::vector<Evidence> evidence;
  for (const Case& one : cases) evidence.push_back(one.evidence);
  std::vector<std::string> reasons;
  const std::vector<bool> python = PythonFido2Accepts(evidence, reasons);
  ASSERT_EQ(python.size(), cases.size()) << (reasons.empty() ? "" : reasons.back());

  std::map<std::string, std::string> table = Table();
  for (size_t i = 0; i < cases.size(); ++i) {
    const auto row = table.extract(cases[i].name);
    const std::string agreed = cases[i].accepted ? "aa" : "rr";
    const std::string expected = row.empty() ? agreed : row.mapped();
    const bool asked = expected.front() != '-';
    const std::string libfido2 = !asked ? "-" : Libfido2Accepts(cases[i].evidence) ? "a" : "r";
    EXPECT_EQ(libfido2 + (python[i] ? "a" : "r"), expected) << cases[i].name << ": " << reasons[i];
    EXPECT_TRUE(row.empty() || expected != agreed) << cases[i].name << " needs no row";
  }
  for (const auto& [name, others] : table) ADD_FAILURE() << name << " is no case";
}

}  // namespace
}  // namespace twofold
